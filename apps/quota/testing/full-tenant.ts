import { ChargeRecord_Cause as Cause } from '@kontor/contracts/quota/v1/quota';
import { uuid7 } from '@kontor/kit/id';
import { fundByTwo, memberOf, proposal, staff } from './awards.ts';
import { accountOf, type Project, type quotaUnderTest } from './quota-under-test.ts';

type Scene = Awaited<ReturnType<typeof quotaUnderTest>>;

/** A tenant with its ids of everything, each of which is a stranger's id to every other tenant. */
export interface FullTenant {
  project: Project;
  proposalId: string;
  awardId: string;
  accountId: string;
  /** A job that ended, which the award helped to pay, and one that runs. */
  endedId: string;
  runningId: string;
  /** The proposal that waits, and the change that would award it. */
  waitingId: string;
  changeId: string;
}

/** A new tenant of an operator with the programme `open` that has rows in every table with tenants. */
export async function fullTenant(scene: Scene): Promise<FullTenant> {
  const { gateway, compute, terms } = scene;
  const project = { tenantId: uuid7(), projectId: uuid7() };
  await fundByTwo(scene, project);
  const { id: accountId } = await accountOf(gateway, project, 'CR:demo');
  const { programmes } = scene.for(memberOf(project));
  const [granted, waiting] = [proposal(project), proposal(project, { requestedUcr: 1_900n })];
  const { awardId } = await programmes.submitProposal(granted);
  await programmes.submitProposal(waiting);

  const [endedId, runningId] = [uuid7(), uuid7()];
  for (const id of [endedId, runningId]) await compute.reserve({ ...terms(id, 100n), project, awardId });
  await compute.post({ project, id: endedId, usedDeviceMs: 90n, cause: Cause.USER });

  const changeId = uuid7();
  const value = { project, proposalId: waiting.id, grantedUcr: 1_850n };
  await scene.for(staff()).changes.proposeChange({
    id: changeId,
    reason: 'It is time.',
    project,
    matter: { matter: { case: 'award', value } },
  });
  // What is exported until now is what was before now.
  scene.clock.advance(1);
  return {
    project,
    proposalId: granted.id,
    awardId,
    accountId,
    endedId,
    runningId,
    waitingId: waiting.id,
    changeId,
  };
}

/** Everything that names a tenant. */
export const namesOf = ({ project, ...ids }: FullTenant): string[] => [
  ...Object.values(project),
  ...Object.values(ids),
];
