import { createHash } from 'node:crypto';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it } from '@jest/globals';
import { ComputeService, Job_State as State } from '@kontor/contracts/compute/v1/compute';
import { EngineService, ReadLogRequest_Stream as Stream } from '@kontor/contracts/engine/v1/engine';
import { JournalService } from '@kontor/contracts/journal/v1/journal';
import { Problem_Kind as Kind } from '@kontor/contracts/problem/v1/problem';
import { ProgrammeService } from '@kontor/contracts/quota/v1/programme';
import { QuotaService } from '@kontor/contracts/quota/v1/quota';
import { AccessRule_Role as Role } from '@kontor/contracts/rules/v1/rules';
import { SystemClock } from '@kontor/kit/clock';
import { parseConfig } from '@kontor/kit/config';
import { connect } from '@kontor/kit/connect';
import { uuid7 } from '@kontor/kit/id';
import { inProcess } from '@kontor/kit/in-process';
import { serve } from '@kontor/kit/serve';
import { actingFor, personWith } from '@kontor/testing/acting-for';
import { testDatabase } from '@kontor/testing/database';
import { eventually } from '@kontor/testing/eventually';
import { testTls } from '@kontor/testing/test-tls';
import { aWorkload, CPU } from '../testing/builders.ts';
import { FakeEngine } from '../testing/fake-engine.ts';
import { FakeProgrammes } from '../testing/fake-programmes.ts';
import { FakeTenancy } from '../testing/fake-tenancy.ts';
import { FakeQuota } from '../testing/fake-quota.ts';
import { computeService } from './compute.module.ts';
import { computeEnvironment } from './config.ts';
import database from './database.ts';

describe('the served compute service', () => {
  it('takes jobs over the wire and brings them to their end by itself', async () => {
    await using served = await setup();
    const { gateway, project } = served;
    const id = uuid7();
    await gateway.submitJob({
      project,
      job: { id, name: 'over the wire', workload: aWorkload({ command: ['work', '700'] }) },
    });

    await eventually(
      'the job has ended',
      async () => (await gateway.getJob({ project, id })).state === State.SUCCEEDED,
    );
    expect(served.quota.effects.filter((effect) => !effect.startsWith('advance'))).toEqual([
      `reserve ${id}`,
      `post ${id}`,
    ]);
    expect(served.quota.reservations.get(id)).toMatchObject({ usedDeviceMs: 700n, lateDeviceMs: 0n });
  });

  it('moves the queue on when a job ends, without waiting for its turn', async () => {
    await using served = await setup({ KONTOR_POLL_MS: '60000' });
    const { gateway, project } = served;
    const ids = [uuid7(), uuid7(), uuid7()];
    for (const id of ids) {
      await gateway.submitJob({
        project,
        job: { id, name: 'in turn', workload: aWorkload({ command: ['work', '1'], devices: 4 }) },
      });
    }
    for (const id of ids) {
      await gateway.cancelJob({ project, id });
      await eventually('it has ended', async () => (await gateway.getJob({ project, id })).state >= State.SUCCEEDED);
    }
    expect(served.quota.open).toEqual([]);
  });

  it('streams what jobs print and takes files in pieces', async () => {
    await using served = await setup();
    const { gateway, project } = served;
    const id = uuid7();
    await gateway.submitJob({ project, job: { id, name: 'talks', workload: aWorkload({ command: ['work', '100'] }) } });
    const parts: Uint8Array[] = [];
    for await (const { data } of gateway.readJobLog({ project, id, stream: Stream.STDOUT, follow: true }))
      parts.push(data);
    expect(Buffer.concat(parts).toString()).toBe('work 100\n');

    const sha256 = '9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08';
    const pieces = async function* () {
      yield { project, sha256, data: Buffer.from('te') };
      yield { data: Buffer.from('st') };
    };
    expect(await gateway.uploadFile(pieces())).toMatchObject({ sha256, sizeBytes: 4n });
  });

  it('refuses what the contract forbids before anything else looks at it', async () => {
    await using served = await setup();
    const { gateway, project } = served;
    const send = (wishes: object, id = uuid7()) =>
      gateway.submitJob({ project, job: { id, name: 'bad', workload: aWorkload(wishes) } });
    await expect(send({ devices: 0 })).rejects.toMatchObject({ kind: Kind.INVALID });
    await expect(send({ timeLimitMs: 2n ** 63n - 1n })).rejects.toMatchObject({ kind: Kind.INVALID });
    await expect(send({ memoryBytes: -1n })).rejects.toMatchObject({ kind: Kind.INVALID });
    await expect(send({ outputs: ['../x'] })).rejects.toMatchObject({ kind: Kind.INVALID });
    await expect(send({}, 'not-a-uuid')).rejects.toMatchObject({ kind: Kind.INVALID });
    expect(served.quota.effects).toEqual([]);
  });

  it('answers nobody but the gateway', async () => {
    await using served = await setup();
    const stranger = connect(ComputeService, served.address, served.tls.of('quota'));
    await expect(stranger.listSites({})).rejects.toMatchObject({ kind: Kind.FORBIDDEN });
    stranger.close();
  });

  it('journals who asked: the person by reference, itself for what nobody asked', async () => {
    await using served = await setup();
    const { project, tls, channel, journal } = served;
    const researcher = personWith([Role.PROJECT_MEMBER, Role.PROJECT_VIEWER], { scope: project });
    const asked = await actingFor(channel, tls, researcher);
    const [id, sha256] = [uuid7(), createHash('sha256').update('data').digest('hex')];
    await asked.uploadFile(
      (async function* () {
        yield { project, sha256, data: Buffer.from('data') };
      })(),
    );
    await asked.submitJob({ project, job: { id, name: 'x', workload: aWorkload({ command: ['work', '60000'] }) } });
    await asked.cancelJob({ project, id });
    await eventually('it has ended', async () => (await asked.getJob({ project, id })).state >= State.SUCCEEDED);

    const auditor = await actingFor(journal, tls, personWith([Role.AUDITOR]));
    const { records } = await auditor.listJournal({ tenantId: project.tenantId });
    const actorOf = new Map(records.map(({ action, actor }) => [action, actor]));
    for (const action of ['file.keep', 'job.placed', 'job.cancel_asked'])
      expect([action, actorOf.get(action)]).toEqual([action, researcher.reference]);
    for (const action of ['job.starting', 'job.cancelled'])
      expect([action, actorOf.get(action)]).toEqual([action, 'compute']);
  });

  it('has a journal that is whole, and shows it to those who may see it', async () => {
    await using served = await setup();
    const { project, tls, gateway, journal } = served;
    for (let n = 0; n < 3; n++) {
      const job = { id: uuid7(), name: 'x', workload: aWorkload({ command: ['work', '1'] }) };
      await gateway.submitJob({ project, job });
      const ended = async () => (await gateway.getJob({ project, id: job.id })).state >= State.SUCCEEDED;
      await eventually('it has ended', ended);
    }
    const staff = await actingFor(journal, tls, personWith([Role.OPERATOR_STAFF]));
    await eventually('all is sealed', async () => (await staff.getJournalHead({})).waiting === 0n);
    const { faults, checked, count } = await staff.verifyJournal({ count: true });
    expect({ faults, checked }).toEqual({ faults: [], checked: count?.records });
    expect(count?.mutations).toBe(count?.records);
    expect(count?.uncounted).toBe(0n);

    const researcher = await actingFor(journal, tls, personWith([Role.PROJECT_MEMBER], { scope: project }));
    await expect(researcher.listJournal({})).rejects.toMatchObject({ code: 'not_allowed' });
  });

  it('lists the classes that it knows', async () => {
    await using served = await setup();
    const { classes } = await served.gateway.listAcceleratorClasses({});
    expect(classes.map(({ name }) => name)).toContain('huawei.ascend910b.64g');
  });
});

async function setup(environment: Record<string, string> = {}) {
  const fresh = await testDatabase('compute', database.migrations);
  const tls = await testTls(['compute', 'gateway', 'quota']);
  const home = await mkdtemp(join(tmpdir(), 'kontor-compute-'));
  const quota = new FakeQuota(new SystemClock());
  const project = { tenantId: uuid7(), projectId: uuid7() };
  quota.rates.set(CPU, 3_600_000n);
  for (const asset of [`DEVICE_MS:${CPU}`, `SLOTS:${CPU}`, 'CR:demo'])
    quota.grant(project.projectId, asset, 'unlimited');
  const config = parseConfig(computeEnvironment, {
    KONTOR_LISTEN: '127.0.0.1:0',
    KONTOR_TLS: tls.directory,
    KONTOR_DATABASE_URL: fresh.url,
    KONTOR_QUOTA: '127.0.0.1:1',
    KONTOR_TENANCY: '127.0.0.1:1',
    KONTOR_HOME: home,
    KONTOR_COVER_MS: '1000',
    KONTOR_COVER_MARGIN_MS: '600',
    KONTOR_OBSERVE_MS: '20',
    KONTOR_POLL_MS: '20',
    ...environment,
  });
  const engine = new FakeEngine(new SystemClock());
  const definition = computeService(config, {
    engine: inProcess(EngineService, engine),
    quota: inProcess(QuotaService, quota),
    tenancy: new FakeTenancy(),
    programmes: inProcess(ProgrammeService, new FakeProgrammes(quota)),
  });
  const { address, close } = await serve(definition, { listen: config.KONTOR_LISTEN, tls: tls.of('compute') });
  const channel = connect(ComputeService, address, tls.of('gateway'));
  const member = personWith([Role.PROJECT_MEMBER, Role.PROJECT_VIEWER], { scope: project });
  const gateway = await actingFor(channel, tls, member);
  const journal = connect(JournalService, address, tls.of('gateway'), 'compute');
  const dispose = async (): Promise<void> => {
    channel.close();
    journal.close();
    await close();
    await fresh.drop();
    await rm(home, { recursive: true, force: true });
  };
  return { address, engine, quota, project, channel, gateway, journal, tls, [Symbol.asyncDispose]: dispose };
}
