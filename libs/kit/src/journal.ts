import type { EntityManager } from 'typeorm';
import { insertInto } from './set-based.ts';

/** One mutation: who did what to what, when, and what it was before and after. */
export interface JournalEntry {
  at: Date;
  /** Service that asked for it, or a person's salted reference. */
  actor: string;
  /** Verb phrase such as `job.place`. */
  action: string;
  /** Id of what changed. */
  subject: string;
  tenantId?: string | undefined;
  before?: object | undefined;
  after?: object | undefined;
}

/** SQL of a service's journal, for its first migration. The app role may add and read, and never change or delete. */
export const journalTableSql = (appRole: string): string => `
  CREATE TABLE journal (
    seq bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    xid xid8 NOT NULL DEFAULT pg_current_xact_id(),
    at timestamptz NOT NULL,
    actor text NOT NULL,
    action text NOT NULL,
    subject text NOT NULL,
    tenant_id uuid,
    before jsonb,
    after jsonb
  );
  CREATE INDEX journal_by_subject ON journal (subject, seq);
  CREATE INDEX journal_in_commit_order ON journal (xid, seq);
  GRANT SELECT, INSERT ON journal TO ${appRole};
`;

/** Inserts any number of entries as one statement; for writers that hold a plain `pg` client. */
export const journalInsert = insertInto<JournalEntry>('journal', {
  at: 'timestamptz',
  actor: 'text',
  action: 'text',
  subject: 'text',
  tenantId: 'uuid',
  before: 'jsonb',
  after: 'jsonb',
});

/** Writes the entries of a mutation, in its own transaction, so that there is never one without the other. */
export async function journal(tx: EntityManager, entries: JournalEntry[]): Promise<void> {
  if (entries.length === 0) return;
  const { text, values } = journalInsert(entries);
  await tx.query(text, values);
}
