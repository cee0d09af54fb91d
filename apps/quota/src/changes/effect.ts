import type { Deed } from '../deed.ts';

/** Who wants it and who agrees; while a change is only proposed, the proposer alone. */
export interface Hands extends Deed {
  persons: string[];
  reason: string;
}

/** Something that was checked and may now take effect, in the transaction in which it was checked. */
export interface Effect {
  /** Of what concerns a tenant. */
  tenantId?: string;
  /** Answers what the journal says of it. */
  apply(): Promise<object>;
}
