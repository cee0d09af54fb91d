import { acceleratorClassOf, type Accelerator } from './accelerator.ts';

export const NPU_SMI = { command: 'npu-smi', args: ['info'] };

const CONTROL_NODES = ['/dev/davinci_manager', '/dev/devmm_svm', '/dev/hisi_hdc'];

/**
 * Reads the table that `npu-smi info` prints. Each device has two rows: number, name and health; then its chip, bus
 * address and, last, the memory in use and in all, in MiB. The table of processes below it has other columns.
 */
export function parseNpuSmi(printed: string): Accelerator[] {
  const [devices = ''] = printed.split(/^\|\s*NPU\s+Chip\s+\|\s*Process id/m);
  const rows = devices.split('\n').map((line) =>
    line
      .split('|')
      .slice(1, -1)
      .map((cell) => cell.trim()),
  );
  return rows.flatMap((row, index): Accelerator[] => {
    const [, number, name] = /^(\d+)\s+(910\S*|310\S*|Ascend\S*)$/.exec(row[0] ?? '') ?? [];
    const chip = rows[index + 1];
    const [, mebibytes] = /(\d+)\s*$/.exec(chip?.at(-1) ?? '') ?? [];
    if (number === undefined || name === undefined || mebibytes === undefined) return [];
    return [
      {
        acceleratorClass: acceleratorClassOf('huawei', name, Number(mebibytes) * 1024 ** 2),
        detail: `Ascend ${name}, ${chip?.[1] ?? ''}`,
        deviceNodes: [`/dev/davinci${number}`, ...CONTROL_NODES],
        variable: 'ASCEND_RT_VISIBLE_DEVICES',
        visibleAs: number,
      },
    ];
  });
}
