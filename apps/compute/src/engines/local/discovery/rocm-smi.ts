import { acceleratorClassOf, type Accelerator } from './accelerator.ts';

export const ROCM_SMI = {
  command: 'rocm-smi',
  args: ['--showproductname', '--showuniqueid', '--showmeminfo', 'vram', '--json'],
};

/** The first render node of the kernel's graphics devices; each further device has the next. */
const FIRST_RENDER_NODE = 128;

/** Reads what `rocm-smi --json` printed: an object for each card, with labels for keys. */
export function parseRocmSmi(printed: string): Accelerator[] {
  const cards = Object.entries(JSON.parse(printed) as Record<string, Record<string, string>>);
  return cards.flatMap(([card, labels]): Accelerator[] => {
    const [, index] = /^card(\d+)$/.exec(card) ?? [];
    const memoryBytes = Number(labels['VRAM Total Memory (B)']);
    if (index === undefined || !(memoryBytes > 0)) return [];
    const name = labels['Card Series'] ?? labels['Card series'] ?? labels['Card Model'] ?? 'unknown';
    return [
      {
        acceleratorClass: acceleratorClassOf('amd', name, memoryBytes),
        detail: `${name}, ${labels['Unique ID'] ?? card}`,
        deviceNodes: ['/dev/kfd', `/dev/dri/renderD${FIRST_RENDER_NODE + Number(index)}`],
        variable: 'ROCR_VISIBLE_DEVICES',
        // Only the given devices' nodes are in the sandbox, so that they are counted from 0 there; a UUID stays itself.
        visibleAs: labels['Unique ID']?.replace(/^0x/, 'GPU-') ?? index,
      },
    ];
  });
}
