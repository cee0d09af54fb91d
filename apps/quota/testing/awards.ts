import type { MessageInitShape } from '@bufbuild/protobuf';
import type {
  FoundOperatorRequestSchema,
  MatterSchema,
  ProgrammeChangeSchema,
} from '@kontor/contracts/quota/v1/change';
import {
  ProgrammeTerms_BudgetEnd as BudgetEnd,
  type ProgrammeTermsSchema,
  type SubmitProposalRequestSchema,
} from '@kontor/contracts/quota/v1/programme';
import { AccessRule_Role as Role } from '@kontor/contracts/rules/v1/rules';
import { uuid7 } from '@kontor/kit/id';
import type { Person } from '@kontor/kit/person';
import { personWith } from '@kontor/testing/acting-for';
import { fund, type Means, type Project, type Replica } from './quota-under-test.ts';

/** Initialisers, without the messages themselves: they can be spread. */
type Plain<T> = Exclude<T, { $typeName: string }>;
export type Terms = Plain<MessageInitShape<typeof ProgrammeTermsSchema>>;
export type ProgrammeInit = MessageInitShape<typeof ProgrammeChangeSchema>;
type Change = Plain<ProgrammeInit>;
type Founding = Plain<MessageInitShape<typeof FoundOperatorRequestSchema>>;
type Request = Plain<MessageInitShape<typeof SubmitProposalRequestSchema>>;
export type Matter = NonNullable<Plain<MessageInitShape<typeof MatterSchema>>['matter']>;
type Named = Request & { id: string };

export const HOUR_MS = 3_600_000n;
export const DAY_MS = 24n * HOUR_MS;

/** Half of the cost, up to 1,000 µcr by rule within a week, up to 10,000 in all. */
export const programme = (changed: Terms = {}, rest: Change = {}): Change => ({
  terms: {
    slug: 'open',
    name: 'Open to all',
    subsidyPpm: 500_000,
    maxUcrPerBeneficiary: 10_000n,
    threshold: { ucr: 1_000n, windowMs: 7n * DAY_MS },
    maxDurationMs: 365n * DAY_MS,
    budgetEnd: BudgetEnd.STOP,
    warnAtPpm: [800_000],
    ...changed,
  },
  addUcr: 100_000n,
  ...rest,
});

/** Sets up the operator's books with programmes; a million credits may be handed out. */
export const found = ({ start }: Replica, programmes: ProgrammeInit[], rest: Founding = {}) =>
  start.foundOperator({ authorisation: { authorisedUcr: 10n ** 12n }, programmes, ...rest });

/** Means for a project of an operator that is founded: two of operator staff grant its credits. */
export async function fundByTwo(replica: Replica, project: Project, { credits = 10n ** 9n, ...means }: Means = {}) {
  await fund(replica.gateway, project, { ...means, credits: 0n });
  await grantCredits(replica, project, credits);
}

/** Two of operator staff grant a project credits. */
export const grantCredits = (replica: Replica, project: Project, amountUcr: bigint) =>
  changeByTwo(replica, { case: 'grant', value: { project, amountUcr } }, project);

/** One of operator staff proposes a change, and another agrees. */
export async function changeByTwo(replica: Pick<Replica, 'for'>, matter: Matter, project?: Project) {
  const [first, second] = [replica.for(staff()).changes, replica.for(staff()).changes];
  const named = project && { project };
  const { id } = await first.proposeChange({ id: uuid7(), matter: { matter }, reason: 'It is time.', ...named });
  return second.agreeToChange({ id, ...named });
}

/** Somebody who works in a project. */
export const memberOf = (project: Project, ...roles: Role[]): Person =>
  personWith([Role.PROJECT_MEMBER, Role.PROJECT_VIEWER, ...roles], { scope: project });

export const staff = (): Person => personWith([Role.OPERATOR_STAFF]);

/** A proposal for 400 µcr for a day. */
export const proposal = (project: Project, changed: Request = {}): Named => ({
  project,
  id: uuid7(),
  programme: 'open',
  requestedUcr: 400n,
  purpose: 'To learn to read.',
  durationMs: DAY_MS,
  ...changed,
});
