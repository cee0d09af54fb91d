import { describe, expect, it } from '@jest/globals';
import { acceleratorClassOf } from './accelerator.ts';
import { parseNpuSmi } from './npu-smi.ts';
import { parseNvidiaSmi } from './nvidia-smi.ts';
import { parseRocmSmi } from './rocm-smi.ts';

describe('what nvidia-smi prints', () => {
  it('becomes one accelerator for each line', () => {
    const found = parseNvidiaSmi(
      [
        '0, GPU-5d5f4c6b-1c0d-7c2e-9b55-0a3e7f1d2c4b, NVIDIA H100 80GB HBM3, 81559, 550.90.07',
        '1, GPU-8a1b2c3d-4e5f-6071-8293-a4b5c6d7e8f9, NVIDIA H100 80GB HBM3, 81559, 550.90.07',
        '',
      ].join('\n'),
    );
    expect(found).toHaveLength(2);
    expect(found[1]).toEqual({
      acceleratorClass: 'nvidia.h100.sxm5.80g',
      detail: 'NVIDIA H100 80GB HBM3, GPU-8a1b2c3d-4e5f-6071-8293-a4b5c6d7e8f9, driver 550.90.07',
      deviceNodes: ['/dev/nvidia1', '/dev/nvidiactl', '/dev/nvidia-uvm', '/dev/nvidia-uvm-tools'],
      variable: 'CUDA_VISIBLE_DEVICES',
      visibleAs: 'GPU-8a1b2c3d-4e5f-6071-8293-a4b5c6d7e8f9',
    });
  });

  it.each([
    '',
    'No devices were found\n',
    "NVIDIA-SMI has failed because it couldn't communicate with the NVIDIA driver.\n",
    '0, GPU-5d5f4c6b, NVIDIA H100 80GB HBM3, [Unknown Error], 550.90.07\n',
  ])('is no accelerator where it is a complaint: %j', (printed) => {
    expect(parseNvidiaSmi(printed)).toEqual([]);
  });
});

describe('what rocm-smi prints', () => {
  it('becomes one accelerator for each card', () => {
    const card = (id: string) => ({
      'Unique ID': id,
      'VRAM Total Memory (B)': '206141652992',
      'VRAM Total Used Memory (B)': '296136704',
      'Card Series': 'AMD Instinct MI300X OAM',
      'Card Model': '0x74a1',
      'Card Vendor': 'Advanced Micro Devices, Inc. [AMD/ATI]',
    });
    const printed = JSON.stringify({
      card0: card('0x8b7ad56a52eab3b8'),
      card1: card('0x2f0d6d1e90bd4c11'),
      system: { 'Driver version': '6.7.0' },
    });
    expect(parseRocmSmi(printed)).toMatchObject([
      {
        acceleratorClass: 'amd.mi300x.oam.192g',
        deviceNodes: ['/dev/kfd', '/dev/dri/renderD128'],
        visibleAs: 'GPU-8b7ad56a52eab3b8',
      },
      {
        acceleratorClass: 'amd.mi300x.oam.192g',
        deviceNodes: ['/dev/kfd', '/dev/dri/renderD129'],
        visibleAs: 'GPU-2f0d6d1e90bd4c11',
      },
    ]);
  });
});

describe('what npu-smi prints', () => {
  it('becomes one accelerator for each pair of rows, and nothing for the processes below', () => {
    expect(parseNpuSmi(NPU_SMI_INFO)).toMatchObject([
      {
        acceleratorClass: 'huawei.ascend910b.64g',
        visibleAs: '0',
        detail: 'Ascend 910B3, 0000:C1:00.0',
        deviceNodes: ['/dev/davinci0', '/dev/davinci_manager', '/dev/devmm_svm', '/dev/hisi_hdc'],
      },
      { acceleratorClass: 'huawei.ascend910b.64g', visibleAs: '1' },
    ]);
  });

  it('is no accelerator where it is a complaint', () => {
    expect(parseNpuSmi('dcmi model initialized failed, because the device is used. ret is -8020\n')).toEqual([]);
  });
});

describe('the accelerator class of a product', () => {
  it.each([
    ['nvidia', 'NVIDIA H100 80GB HBM3', 81_559, 'nvidia.h100.sxm5.80g'],
    ['nvidia', 'NVIDIA H100 PCIe', 81_559, 'nvidia.h100.pcie.80g'],
    ['nvidia', 'NVIDIA H100 NVL', 95_830, 'nvidia.h100.pcie.94g'],
    ['nvidia', 'NVIDIA H200', 143_771, 'nvidia.h200.sxm5.141g'],
    ['nvidia', 'NVIDIA B200', 183_359, 'nvidia.b200.sxm6.180g'],
    ['nvidia', 'NVIDIA A100-SXM4-40GB', 40_960, 'nvidia.a100.sxm4.40g'],
    ['nvidia', 'NVIDIA A100-SXM4-80GB', 81_920, 'nvidia.a100.sxm4.80g'],
    ['nvidia', 'NVIDIA A100 80GB PCIe', 81_920, 'nvidia.a100.pcie.80g'],
    ['nvidia', 'NVIDIA A100-PCIE-40GB', 40_960, 'nvidia.a100.pcie.40g'],
    ['nvidia', 'NVIDIA L40S', 46_068, 'nvidia.l40s.pcie.48g'],
    ['nvidia', 'Tesla V100-SXM2-16GB', 16_160, 'nvidia.v100-sxm2.16g'],
    ['nvidia', 'NVIDIA RTX A2000 12GB', 12_282, 'nvidia.rtx-a2000.12g'],
    ['nvidia', 'NVIDIA GeForce RTX 4090', 24_564, 'nvidia.geforce-rtx-4090.24g'],
    ['amd', 'AMD Instinct MI210', 65_520, 'amd.mi210.64g'],
    ['huawei', '310P3', 21_527, 'huawei.310p3.20g'],
  ])('%s %s with %d MiB is known or derived', (vendor, product, mebibytes, expected) => {
    expect(acceleratorClassOf(vendor, product, mebibytes * 1024 ** 2)).toBe(expected);
  });
});

const NPU_SMI_INFO = `
+------------------------------------------------------------------------------------------------+
| npu-smi 23.0.rc3                 Version: 23.0.rc3                                              |
+---------------------------+---------------+----------------------------------------------------+
| NPU   Name                | Health        | Power(W)    Temp(C)           Hugepages-Usage(page)|
| Chip                      | Bus-Id        | AICore(%)   Memory-Usage(MB)  HBM-Usage(MB)        |
+===========================+===============+====================================================+
| 0     910B3               | OK            | 88.9        37                0    / 0             |
| 0                         | 0000:C1:00.0  | 0           0    / 0          3349 / 65536         |
+===========================+===============+====================================================+
| 1     910B3               | OK            | 92.1        38                0    / 0             |
| 0                         | 0000:01:00.0  | 0           0    / 0          3347 / 65536         |
+===========================+===============+====================================================+
+---------------------------+---------------+----------------------------------------------------+
| NPU     Chip              | Process id    | Process name             | Process memory(MB)      |
+===========================+===============+====================================================+
| 0       0                 | 910           | python3                  | 2048                    |
+===========================+===============+====================================================+
`;
