import { QuotaService } from '@kontor/contracts/quota/v1/quota';
import { connect } from '@kontor/kit/connect';
import { readTls } from '@kontor/kit/tls';
import { freePort } from '@kontor/postgres/free-port';
import { startProgram } from '@kontor/testing/child';
import { atLeast, type Figure } from './figure.ts';
import { startLedger, type LedgerUnderLoad } from './ledger-under-load.ts';
import { batch, stream, unary } from './load.ts';
import { inPairs } from './pairs.ts';
import { numberProjects, pgbench } from './pgbench.ts';

const PAIRS = 5;
const SECONDS = 4;
/** The closest of the races, in which a busy neighbour moves single figures most: more of them, and shorter. */
const CALL_PAIRS = 11;
const CALL_SECONDS = 3;
/** With four accounts each: a thousand accounts. */
const PROJECTS = 250;

/**
 * A whole reservation (credits of an award and of its project, device time, slots, journal row; mTLS; fsync on) beside
 * pgbench running the same statements one reservation at a time on the same PostgreSQL, and beside a bare grpc-js echo
 * of the same messages.
 */
export async function run(): Promise<Figure[]> {
  await using ledger = await startLedger(PROJECTS);
  await numberProjects(ledger);
  const { compute, payers, databaseUrl } = ledger;
  const one = payers.slice(0, 1);
  // First, because what the loads after it write is sealed for a minute behind them.
  const calls = await besideEcho(ledger);
  // Both get their caches, prepared statements and compiled code before anything is counted.
  await stream(compute, payers, 2);
  await batch(compute, payers, 2);
  await pgbench(databaseUrl, PROJECTS, 2);

  const against = async (name: string, load: typeof stream, spread: typeof payers, goal: number): Promise<Figure> => {
    const { ours, peer } = await inPairs(
      PAIRS,
      () => load(compute, spread, SECONDS),
      () => pgbench(databaseUrl, spread.length, SECONDS),
    );
    return atLeast(name, 'reservations/s', ours, peer, goal);
  };
  return [
    // A message for each reservation costs the client and the service more than the reservation costs the database.
    await against('one hot account, stream', stream, one, 6),
    await against('one hot account, batch', batch, one, 8),
    await against('1,000 accounts, stream', stream, payers, 2),
    await against('1,000 accounts, batch', batch, payers, 3),
    calls,
  ];
}

async function besideEcho({ compute, payers, tlsFolder }: LedgerUnderLoad): Promise<Figure> {
  const address = `127.0.0.1:${await freePort()}`;
  const echoServer = startProgram('tools/bench/echo-server.ts', [address, tlsFolder], {});
  const echo = connect(QuotaService, address, readTls(tlsFolder, 'compute'));
  try {
    await echoServer.until(() => unary(echo, payers, 0.1));
    await unary(echo, payers, 2);
    await unary(compute, payers, 4);
    const { ours, peer } = await inPairs(
      CALL_PAIRS,
      () => unary(compute, payers, CALL_SECONDS),
      () => unary(echo, payers, CALL_SECONDS),
    );
    return atLeast('unary, beside a bare echo', 'calls/s', ours, peer, 0.6);
  } finally {
    echo.close();
    await echoServer.stop();
  }
}
