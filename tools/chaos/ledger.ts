import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { everyPage } from '@kontor/kit/every-page';
import { eventually } from '@kontor/testing/eventually';
import type { Payer } from '../bench/subsidise.ts';
import { ClientJournal } from './client-journal.ts';
import { journalsHold } from './journals.ts';
import { LedgerClients, type Told } from './ledger-clients.ts';
import { inspectLedger } from './ledger-oracle.ts';
import { fundPayers, raceForCredits } from './ledger-payers.ts';
import { startReplicas, type LedgerReplicas } from './ledger-replicas.ts';
import { seeded, type Seeded } from './seeded.ts';
import { whileKilling, type ChaosOptions, type Outcome } from './suite.ts';

const COMMANDS = 100_000;
const CLIENTS_AT_ONCE = 96;
const REPLICA_KILLS = 20;
const POSTGRES_KILLS = 10;

/**
 * Reservations made, advanced, posted, voided and forgotten over award and project accounts with hot spots, on two
 * replicas, while replicas and PostgreSQL are killed. The judge is outside the code: what clients were told, on their
 * own disk, against plain SQL.
 */
export async function run(options: ChaosOptions): Promise<Outcome> {
  const folder = mkdtempSync(join(tmpdir(), 'kontor-chaos-ledger-'));
  const outcome = await runIn(folder, options);
  if (outcome.pass) rmSync(folder, { recursive: true, force: true });
  else console.error(`What clients were told, and the database, are in ${folder}.`);
  return outcome;
}

async function runIn(folder: string, { seed, nightly }: ChaosOptions): Promise<Outcome> {
  const commands = nightly ? 10 * COMMANDS : COMMANDS;
  const random = seeded(seed);
  await using replicas = await startReplicas(folder);
  const payers = await fundPayers(replicas);
  const raced = await raceForCredits(replicas);
  const journal = new ClientJournal(join(folder, 'told.jsonl'));
  const clients = new LedgerClients(replicas, journal, random);

  const kills = await whileKilling(
    (failed) => clients.work(payers, { commands, atOnce: CLIENTS_AT_ONCE, failed }),
    (failed) => killAlong(replicas, clients, commands, random, failed),
  );
  const told = journal.read<Told>();
  journal.close();
  await everythingForgottenExpires(replicas, payers);
  const isJournaled = await journalsHold({ quota: await replicas.auditor() });
  const { lost, doubled, sum, negative } = await inspectLedger(replicas.databaseUrl, told);

  const killed = `${kills.replicas}+${kills.postgres}`;
  const acked = told.filter(({ command }) => command !== 'abandon').length;
  const counts = { acked, lost, doubled, sum, negative, raced, kills: killed };
  const isWhole = acked >= commands && kills.replicas === REPLICA_KILLS && kills.postgres === POSTGRES_KILLS;
  const isRight = lost + doubled + negative === 0 && sum === 0n && isJournaled;
  return { counts, pass: isWhole && raced === 500 && isRight };
}

/** Spreads the kills evenly over the work. */
async function killAlong(
  replicas: LedgerReplicas,
  clients: LedgerClients,
  commands: number,
  random: Seeded,
  failed: AbortSignal,
) {
  const kills = { replicas: 0, postgres: 0 };
  const all = REPLICA_KILLS + POSTGRES_KILLS;
  for (let n = 1; n <= all; n++) {
    while (clients.acked < (n * commands) / (all + 1)) await sleep(10, undefined, { signal: failed });
    if (n % 3 === 0) {
      await replicas.killPostgres();
      kills.postgres++;
    } else {
      replicas.killReplica(random.between(0, 1));
      kills.replicas++;
    }
  }
  return kills;
}

/** Nothing stays set aside for anybody who is gone. */
async function everythingForgottenExpires({ compute: [quota] }: LedgerReplicas, payers: Payer[]): Promise<void> {
  if (!quota) throw new Error('There is no replica to ask.');
  await eventually(
    'nothing is set aside any more',
    async () => {
      for (const { project } of payers) {
        const accounts = await everyPage(
          (page) => quota.listAccounts({ project, page }),
          (reply) => reply.accounts,
        );
        const holding = accounts.find(({ held }) => held > 0n);
        if (holding) throw new Error(`${holding.asset} of ${project.projectId} holds ${holding.held}`);
      }
      return true;
    },
    { withinMs: 30_000, everyMs: 200 },
  );
}
