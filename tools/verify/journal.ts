import { create, fromJson, toJson, type JsonValue } from '@bufbuild/protobuf';
import {
  JournalHeadSchema,
  VerifyJournalRequestSchema,
  VerifyJournalResponseSchema,
} from '@kontor/contracts/journal/v1/journal';
import { demoTokens } from '@kontor/keycloak/demo-users';
import { restOf, type Rest } from '../start/rest.ts';
import { SERVICES } from '../start/services.ts';
import { HOST, readSettings } from '../start/settings.ts';
import { StartFault } from '../start/start-fault.ts';
import { checkJournal, type Journal, type KnownHead } from './check-journal.ts';

const HEAD = /^([a-z-]+):([1-9]\d{0,17}):([0-9a-f]{64})$/;

/**
 * Checks the journals of a running operator through its public API, as the demo auditor, and prints a line for each.
 *
 * @param heads noted down earlier, as `quota:4711:9f86…`
 * @returns whether all of them hold
 */
export async function verifyJournals(heads: string[]): Promise<boolean> {
  const { ports } = readSettings(process.env);
  const known = headsByService(heads);
  const url = `http://${HOST}:${ports.gateway}`;
  const auditor = restOf(url, demoTokens(ports.identity, 'auditor'));
  let areGood = true;
  for (const service of journaled()) {
    const check = checkJournal(journalOf(auditor, service), known.get(service));
    const { line, isGood } = await check.catch((error: unknown) => {
      throw explained(error, url);
    });
    console.log(`${service}: ${line}`);
    areGood &&= isGood;
  }
  return areGood;
}

/** Services that have a journal. */
export const journaled = (): string[] => SERVICES.filter(({ database }) => database).map(({ name }) => name);

/** A service's journal through the public API. */
export function journalOf(auditor: Rest, service: string): Journal {
  const path = `/v1/journals/${service}`;
  return {
    async verifyJournal(asked) {
      const request = toJson(VerifyJournalRequestSchema, create(VerifyJournalRequestSchema, asked)) as object;
      return fromJson(VerifyJournalResponseSchema, (await auditor.post(`${path}/verify`, request)) as JsonValue);
    },
    getJournalHead: async () => fromJson(JournalHeadSchema, (await auditor.get(`${path}/head`)) as JsonValue),
  };
}

function headsByService(heads: string[]): Map<string, KnownHead[]> {
  const known = new Map<string, KnownHead[]>();
  for (const head of heads) {
    const [, service = '', position = '', chainSha256 = ''] = HEAD.exec(head) ?? [];
    if (!journaled().includes(service)) {
      throw new StartFault(`This is no head of a journal: ${head}.`, 'Give it as it was printed: quota:4711:9f86….');
    }
    known.set(service, [...(known.get(service) ?? []), { position: BigInt(position), chainSha256 }]);
  }
  return known;
}

function explained(error: unknown, url: string): Error {
  const failure = error instanceof Error ? error : new Error(String(error));
  if ((failure.cause as { code?: string } | undefined)?.code !== 'ECONNREFUSED') return failure;
  return new StartFault(
    `No operator runs at ${url}.`,
    'Start it with npm start; if it listens elsewhere, say so by KONTOR_GATEWAY_PORT and KONTOR_IDENTITY_PORT.',
    error,
  );
}
