import { costUcr } from '@kontor/ledger/cost';
import { billedDeviceMs } from '@kontor/ledger/share';
import type { AdmissionRequest, Findings, Rule, Snapshot } from './rule.ts';

/** What it costs: the rate in force now is the job's for good once it is placed. */
export const price: Rule = {
  name: 'price',
  judge({ workload }: AdmissionRequest, { takenAt, rates }: Snapshot, { billedMillidevices }: Findings) {
    const inForce = rates
      .filter(({ validFrom }) => validFrom <= takenAt)
      .sort((a, b) => b.validFrom.getTime() - a.validFrom.getTime())[0];
    if (inForce === undefined) {
      return {
        refuse: {
          detail: `The class ${workload.acceleratorClass} has no price yet.`,
          help: 'The operator has to set a rate for it.',
        },
      };
    }
    const { ucrPerDeviceHour } = inForce;
    const costUcrMax = costUcr(billedDeviceMs(workload.timeLimitMs, billedMillidevices), ucrPerDeviceHour);
    return { found: { ucrPerDeviceHour, costUcrMax } };
  },
};
