/** An operator's credits, counted in µcr. */
export const creditsOf = (operator: string): string => `CR:${operator}`;

/** Device time of an accelerator class, counted in device-milliseconds. */
export const deviceTimeOf = (acceleratorClass: string): string => `DEVICE_MS:${acceleratorClass}`;

/** Devices of a class held at the same time. */
export const slotsOf = (acceleratorClass: string): string => `SLOTS:${acceleratorClass}`;

export type AssetKind = 'credits' | 'device_time' | 'slots';

const KINDS: Record<string, AssetKind> = { CR: 'credits', DEVICE_MS: 'device_time', SLOTS: 'slots' };
const UNITS: Record<AssetKind, string> = { credits: 'µcr', device_time: 'device-milliseconds', slots: 'slots' };

/** What an asset counts. The contract admits no other prefixes. */
export function kindOf(asset: string): AssetKind {
  const kind = KINDS[asset.slice(0, asset.indexOf(':'))];
  if (!kind) throw new Error(`${asset} is not an asset.`);
  return kind;
}

/** An amount as people read it, such as `1500 µcr`. */
export const withUnit = (amount: bigint, asset: string): string => `${amount} ${UNITS[kindOf(asset)]}`;
