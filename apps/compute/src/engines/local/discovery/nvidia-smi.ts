import { acceleratorClassOf, type Accelerator } from './accelerator.ts';

export const NVIDIA_SMI = {
  command: 'nvidia-smi',
  args: ['--query-gpu=index,uuid,name,memory.total,driver_version', '--format=csv,noheader,nounits'],
};

const CONTROL_NODES = ['/dev/nvidiactl', '/dev/nvidia-uvm', '/dev/nvidia-uvm-tools'];

/** Reads what `nvidia-smi --query-gpu` printed: one line of comma-separated values for each device. */
export function parseNvidiaSmi(printed: string): Accelerator[] {
  return printed.split('\n').flatMap((line): Accelerator[] => {
    const [index = '', uuid = '', name = '', mebibytes = '', driver = ''] = line
      .split(',')
      .map((field) => field.trim());
    if (!/^\d+$/.test(index) || !/^\d+$/.test(mebibytes)) return [];
    return [
      {
        acceleratorClass: acceleratorClassOf('nvidia', name, Number(mebibytes) * 1024 ** 2),
        detail: `${name}, ${uuid}, driver ${driver}`,
        deviceNodes: [`/dev/nvidia${index}`, ...CONTROL_NODES],
        variable: 'CUDA_VISIBLE_DEVICES',
        visibleAs: uuid,
      },
    ];
  });
}
