import { v5 } from 'uuid';

const NAMESPACE = 'b5d1c6a2-6f0e-5b0e-9a57-4b6f6e746f72';

/** The operator's own tenant, as tenancy derives its id: nothing of ours is built yet where it is needed. */
export const operatorTenant = (operator: string): string => v5(`tenant\n${operator}`, NAMESPACE);
