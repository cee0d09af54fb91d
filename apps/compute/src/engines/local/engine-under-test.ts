import { chmodSync, mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Module } from '@nestjs/common';
import { EngineService } from '@kontor/contracts/engine/v1/engine';
import { connect } from '@kontor/kit/connect';
import { rpc, serve } from '@kontor/kit/serve';
import { testTls } from '@kontor/testing/test-tls';
import type { EngineUnderTest } from '../conformance/bench.ts';
import { jobFolder, readRecord } from './job-folder.ts';
import { LocalEngine } from './local-engine.ts';
import type { ProcessIdentity } from './process-identity.ts';

@Module({})
class EngineModule {}

/**
 * A local engine in a folder of its own, served over mutual TLS, for tests.
 *
 * @param ownUsers whether jobs without a sandbox may reach their folders as users of their own
 */
export async function localEngineUnderTest({ sandbox = true, ownUsers = true } = {}): Promise<EngineUnderTest> {
  const home = mkdtempSync(join(tmpdir(), 'kontor-engine-'));
  // Jobs that run without a sandbox as users of their own must reach their folders by name.
  chmodSync(home, ownUsers ? 0o711 : 0o700);
  const tls = await testTls(['engine', 'compute']);
  let close = async (): Promise<void> => undefined;
  return {
    async open() {
      const module = {
        module: EngineModule,
        providers: [{ provide: LocalEngine, useValue: new LocalEngine({ home, sandbox }) }],
      };
      const served = await serve(
        { name: 'engine', module, rpcs: [rpc(EngineService, LocalEngine)] },
        { listen: '127.0.0.1:0', tls: tls.of('engine') },
      );
      const client = connect(EngineService, served.address, tls.of('compute'));
      close = async () => {
        client.close();
        await served.close();
      };
      return client;
    },
    close: () => close(),
    dispose: async () => rmSync(home, { recursive: true, force: true }),
    async killSupervisor(jobId) {
      const claim = readRecord<ProcessIdentity>(jobFolder(join(home, 'jobs', jobId)).claim)!;
      process.kill(claim.pid, 'SIGKILL');
    },
    alive: async (jobId) => readdirSync('/proc').filter((pid) => /^\d+$/.test(pid) && isOf(pid, jobId)).length,
  };
}

/** Looks at the environment that every process of a job is started with. */
function isOf(pid: string, jobId: string): boolean {
  try {
    return readFileSync(`/proc/${pid}/environ`, 'latin1').includes(`KONTOR_JOB_ID=${jobId}`);
  } catch {
    return false;
  }
}
