import type { AdmissionRequest, Rule, Snapshot } from './rule.ts';

/** Why a job waits whose project nobody works in. */
export const IS_SUSPENDED = 'Its project is suspended.';

/** Whether anybody works in the project now. */
export const suspended: Rule = {
  name: 'suspended',
  judge: (_request: AdmissionRequest, { isSuspended }: Snapshot) =>
    isSuspended
      ? { wait: { detail: IS_SUSPENDED, help: 'It goes on by itself once the project or its tenant is resumed.' } }
      : { found: {} },
};
