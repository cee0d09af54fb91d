/** One accelerator of this machine. */
export interface Accelerator {
  acceleratorClass: string;
  /** What discovery printed for it, for an operator to read. */
  detail: string;
  /** Device nodes that a program needs to use it. */
  deviceNodes: string[];
  /** The vendor's variable that says which devices a program may see, and this device's name in it. */
  variable: string;
  visibleAs: string;
}

const GIB = 1024 ** 3;
const MEMORY_SIZES = [8, 10, 11, 12, 16, 20, 24, 32, 40, 48, 64, 80, 94, 96, 128, 141, 144, 180, 192, 256, 288];

interface Product {
  name: RegExp;
  /** The accelerator class without its memory; a product of one size may name it whole. */
  acceleratorClass: string;
}

/** Product names as the vendors' tools print them. The first that fits counts. */
const PRODUCTS: Product[] = [
  { name: /\bGH200\b/, acceleratorClass: 'nvidia.gh200.sxm' },
  { name: /\bGB200\b/, acceleratorClass: 'nvidia.gb200.sxm' },
  { name: /\bB200\b/, acceleratorClass: 'nvidia.b200.sxm6' },
  { name: /\bH200 NVL\b/, acceleratorClass: 'nvidia.h200.pcie' },
  { name: /\bH200\b/, acceleratorClass: 'nvidia.h200.sxm5' },
  { name: /\bH100\b.*\b(PCIe|NVL)\b/, acceleratorClass: 'nvidia.h100.pcie' },
  { name: /\bH100\b/, acceleratorClass: 'nvidia.h100.sxm5' },
  { name: /\bA100\b.*\bPCIe?\b/i, acceleratorClass: 'nvidia.a100.pcie' },
  { name: /\bA100\b/, acceleratorClass: 'nvidia.a100.sxm4' },
  { name: /\bL40S\b/, acceleratorClass: 'nvidia.l40s.pcie' },
  { name: /\bMI300X\b/, acceleratorClass: 'amd.mi300x.oam' },
  { name: /\bMI250X\b/, acceleratorClass: 'amd.mi250x.oam' },
  { name: /\b910B/, acceleratorClass: 'huawei.ascend910b' },
];

/**
 * The accelerator class of a product: the known one such as `nvidia.h100.sxm5.80g`, otherwise one derived from the
 * name, such as `nvidia.rtx-a2000.12g`.
 *
 * @param vendor nvidia, amd or huawei
 * @param memoryBytes as the tool says it, which may be a few percent less than what the product is sold with
 */
export function acceleratorClassOf(vendor: string, product: string, memoryBytes: number): string {
  const known = PRODUCTS.find(
    ({ name, acceleratorClass }) => acceleratorClass.startsWith(vendor) && name.test(product),
  );
  const derived = `${vendor}.${slug(product.replace(new RegExp(`^(${vendor}|tesla|instinct|\\s)+`, 'i'), ''))}`;
  return `${known?.acceleratorClass ?? derived}.${memorySize(memoryBytes)}g`;
}

/** Gibibytes that a product is sold with: the nearest of the usual sizes, where one is near. */
function memorySize(memoryBytes: number): number {
  const gib = memoryBytes / GIB;
  const nearest = MEMORY_SIZES.reduce((best, size) => (Math.abs(size - gib) < Math.abs(best - gib) ? size : best));
  return Math.abs(nearest - gib) / nearest < 0.07 ? nearest : Math.max(1, Math.round(gib));
}

const slug = (text: string): string =>
  text
    .toLowerCase()
    .replace(/\b\d+gb\b|\([rc]\)/g, '')
    .replace(/[^a-z0-9]+/g, '-')
    .replace(/^-+|-+$/g, '')
    .slice(0, 30);
