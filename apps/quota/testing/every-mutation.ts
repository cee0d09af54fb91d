import type { MessageInitShape } from '@bufbuild/protobuf';
import { timestampFromDate } from '@bufbuild/protobuf/wkt';
import type { MatterSchema } from '@kontor/contracts/quota/v1/change';
import {
  Account_Purpose as Purpose,
  ChargeRecord_Cause as Cause,
  Transfer_Reason as Reason,
  type CommandSchema,
} from '@kontor/contracts/quota/v1/quota';
import { AccessRule_Role as Role } from '@kontor/contracts/rules/v1/rules';
import { uuid7 } from '@kontor/kit/id';
import { DAY_MS, found, memberOf, programme, proposal, staff } from './awards.ts';
import { CLASS, type quotaUnderTest } from './quota-under-test.ts';

type Scene = Awaited<ReturnType<typeof quotaUnderTest>>;
type Matter = NonNullable<Exclude<MessageInitShape<typeof MatterSchema>, { $typeName: string }>['matter']>;
type Command = MessageInitShape<typeof CommandSchema>;

/** Awarded at once, whatever people award otherwise. */
const SMALL = { programme: 'second', requestedUcr: 100n };

/** What each method of quota's contracts changes, in every way there is and an order in which each can be done. */
export const EVERY_MUTATION: Record<string, (office: Office) => Promise<unknown>> = {
  openAccount: ({ gateway, project }) => gateway.openAccount({ project, purpose: Purpose.PROJECT, asset: 'CR:other' }),
  setRate: ({ gateway }) => gateway.setRate({ acceleratorClass: 'nvidia.h100', ucrPerDeviceHour: 9n }),
  createTransfer: async ({ gateway, credits }) => {
    const { id: debitAccountId } = await gateway.openAccount({ purpose: Purpose.TREASURY, asset: 'CR:demo' });
    const { id: creditAccountId } = await credits();
    return gateway.createTransfer({ id: uuid7(), debitAccountId, creditAccountId, amount: 7n, reason: Reason.GRANT });
  },
  foundOperator: (office) =>
    found(office, [programme(), programme({ slug: 'second' })], {
      rates: [
        { acceleratorClass: CLASS, ucrPerDeviceHour: 1n },
        { acceleratorClass: 'new', ucrPerDeviceHour: 1n },
      ],
    }),
  reserve: ({ compute, terms }) => compute.reserve(terms()),
  advance: async ({ compute, terms, project }) => {
    const { id } = await compute.reserve(terms());
    const advance = { project, id, usedDeviceMs: 4n, coverDeviceMs: 20n, timeoutMs: 60_000n };
    await compute.advance(advance);
    return compute.advance({ ...advance, usedDeviceMs: 9n });
  },
  post: async ({ compute, terms, project }) => {
    const { id } = await compute.reserve(terms());
    return compute.post({ project, id, usedDeviceMs: 14n, cause: Cause.USER });
  },
  void: async ({ compute, terms, project }) => compute.void({ project, id: (await compute.reserve(terms())).id }),
  executeBatch: (office) => office.compute.executeBatch({ commands: [...life(office), ...life(office)] }),
  executeStream: (office) =>
    Array.fromAsync(office.compute.executeStream(streamOf([...life(office), ...life(office)]))),
  proposeChange: (office) => office.propose(rate(2n)),
  agreeToChange: async ({ agree, project }) => {
    await agree(rate(3n, 'amd.mi300x'));
    await agree({ case: 'authorisation', value: { authorisedUcr: 2n * 10n ** 12n, replacesUcr: 10n ** 12n } });
    await agree({ case: 'grant', value: { project, amountUcr: 7n } });
    await agree({ case: 'programme', value: programme({ slug: 'third' }) });
    await agree({ case: 'programme', value: programme({ name: 'More' }, { resourceVersion: 1n, addUcr: 0n }) });
  },
  rejectChange: async ({ propose, second }) =>
    second.changes.rejectChange({ id: await propose(rate(4n)), reason: 'No.' }),
  submitProposal: async ({ apply, project, agree }) => {
    await apply({ limits: [{ acceleratorClass: 'amd.mi300x', deviceMs: 100n, slots: 1 }] });
    await apply({ requestedUcr: 11_000n });
    const { id: proposalId } = await apply({ requestedUcr: 1_900n });
    await agree({ case: 'award', value: { project, proposalId, grantedUcr: 1_850n } });
  },
  withdrawProposal: async ({ apply, project, member }) =>
    member.programmes.withdrawProposal({ project, id: (await apply({ requestedUcr: 1_900n })).id }),
  refuseProposal: async ({ apply, project, first }) => {
    const { id } = await apply({ requestedUcr: 1_900n });
    return first.programmes.refuseProposal({ project, id, reasons: 'Too much.', help: 'Ask for less.' });
  },
  extendAward: async ({ apply, project, first, clock }) => {
    const { awardId: id } = await apply(SMALL);
    const endsAt = timestampFromDate(new Date(clock.now().getTime() + 2 * Number(DAY_MS)));
    return first.programmes.extendAward({ project, id, resourceVersion: 1n, endsAt, reason: 'Illness.' });
  },
  returnAward: async ({ apply, compute, terms, member, project }) => {
    const { awardId } = await apply(SMALL);
    await compute.reserve({ ...terms(), awardId });
    return member.programmes.returnAward({ project, id: awardId });
  },
};

/** All of it, and what time does. */
export async function everything(office: Office): Promise<void> {
  for (const mutate of Object.values(EVERY_MUTATION)) await mutate(office);
  await passTime(office);
}

/** Reservations expire, and awards end, one of which waits for its job and returns more then. */
export async function passTime({ clock, sweep, compute, project, apply, terms }: Office): Promise<void> {
  const { awardId } = await apply(SMALL);
  const { id } = await compute.reserve({ ...terms(), awardId, timeoutMs: 5n * DAY_MS });
  clock.advance(3 * Number(DAY_MS));
  for (let n = 0; n < 3; n++) await sweep();
  await compute.post({ project, id, usedDeviceMs: 3n, cause: Cause.USER });
  clock.advance(Number(DAY_MS));
  await sweep();
}

export type Office = ReturnType<typeof officeOf>;

/** Those who change things: two of operator staff, and a project's owner. */
export function officeOf(scene: Scene) {
  const { project } = scene;
  const [first, second] = [scene.for(staff()), scene.for(staff())];
  const member = scene.for(memberOf(project, Role.PROJECT_OWNER));
  const named = (matter: Matter) => (matter.case === 'award' || matter.case === 'grant' ? { project } : {});
  const propose = async (matter: Matter): Promise<string> => {
    const id = uuid7();
    // A class has one rate from one instant on.
    scene.clock.advance(1);
    await first.changes.proposeChange({ id, reason: 'It is time.', matter: { matter }, ...named(matter) });
    return id;
  };
  return {
    ...scene,
    first,
    second,
    member,
    propose,
    agree: async (matter: Matter) =>
      second.changes.agreeToChange({ id: await propose(matter), reason: 'Fair.', ...named(matter) }),
    async apply(asked: Parameters<typeof proposal>[1]) {
      const request = proposal(project, asked);
      const { awardId } = await member.programmes.submitProposal(request);
      return { id: request.id, awardId };
    },
  };
}

const rate = (ucrPerDeviceHour: bigint, acceleratorClass = 'nvidia.h100'): Matter => ({
  case: 'rate',
  value: { acceleratorClass, ucrPerDeviceHour },
});

/** All there is to one reservation, with a second time what was done once. */
function life({ terms, project }: Office): Command[] {
  const asked = terms();
  const named = { project, id: asked.id };
  const advance = { ...named, usedDeviceMs: 4n, coverDeviceMs: 20n, timeoutMs: 60_000n };
  const post = { ...named, usedDeviceMs: 14n, cause: Cause.USER };
  const commands: NonNullable<Exclude<Command, { $typeName: string }>['command']>[] = [
    { case: 'reserve', value: asked },
    { case: 'reserve', value: asked },
    { case: 'advance', value: advance },
    { case: 'advance', value: { ...advance, usedDeviceMs: 9n } },
    { case: 'post', value: post },
    { case: 'post', value: post },
    { case: 'void', value: named },
  ];
  return commands.map((command) => ({ command }));
}

async function* streamOf(commands: Command[]) {
  for (const command of commands) yield { command };
}
