import { getOption } from '@bufbuild/protobuf';
import { describe, expect, it } from '@jest/globals';
import { access, AccessRule_Role as Role } from '@kontor/contracts/rules/v1/rules';
import { Member_Role, TenancyService } from '@kontor/contracts/tenancy/v1/tenancy';
import { uuid7 } from '@kontor/kit/id';
import { tenantRunBy, university } from '../testing/story.ts';
import { codeOf, tenancyUnderTest, type TenancyUnderTest } from '../testing/tenancy-under-test.ts';
import type { Actor } from '../testing/through-gateway.ts';

const OPEN = TenancyService.methods.filter((method) => getOption(method, access).people.length > 0);

/** Who leaves is asked about nothing more. */
const METHODS = OPEN.toSorted((one, other) => Number(isLeave(one)) - Number(isLeave(other)));

describe('every method', () => {
  it.each([
    ['work goes on', async () => undefined],
    ['its tenant is suspended', ({ staff }, { tenantId }) => staff.suspendTenant({ tenantId, reason: 'unpaid' })],
    ['its project is suspended', ({ staff }, project) => staff.suspendProject({ project, reason: 'fraud' })],
  ] satisfies [string, (tenancy: TenancyUnderTest, scope: Scope) => Promise<unknown>][])(
    'lets in exactly those whom its contract names where %s, and shows others only what they may see',
    async (_, settle) => {
      await using tenancy = await tenancyUnderTest();
      const { scope, actors } = await everybody(tenancy);
      const wrong: string[] = [];
      for (const method of METHODS) {
        await settle(tenancy, scope);
        const { people } = getOption(method, access);
        const named = scopeOf(method.input.field, scope);
        for (const [name, actor] of Object.entries(actors)) {
          const { roles } = await tenancy.gateway.resolveCaller({ credential: actor.credential, ...flat(named) });
          const isNamed = people.some((role) => roles.includes(role));
          const here = roles.filter((role) => role !== Role.SIGNED_IN && role !== Role.PROJECT_TOKEN);
          const isSeen = here.length > 0 || flat(named).tenantId === '';
          const expected = isNamed ? 'in' : isSeen ? 'not_allowed' : 'not_found';
          const code = await codeOf(call(actor, method.localName, named));
          if (verdictOf(code) !== expected) wrong.push(`${method.name} by ${name}: ${code} instead of ${expected}`);
        }
      }
      expect(wrong).toEqual([]);
      expect(METHODS.length).toBeGreaterThan(25);
    },
  );

  it('is closed to other services, and to the gateway where it does not say for whom it calls', async () => {
    await using tenancy = await tenancyUnderTest();
    for (const { localName } of METHODS) {
      expect([localName, await codeOf(call(tenancy.compute, localName, {}))]).toEqual([
        localName,
        'caller_not_allowed',
      ]);
      expect([localName, await codeOf(call(tenancy.gateway, localName, {}))]).toEqual([localName, 'no_context']);
    }
  });
});

function isLeave({ name }: { name: string }): boolean {
  return name === 'LeaveProject';
}

interface Scope {
  tenantId: string;
  projectId: string;
}

/** What a request of this shape has to say of the scope; nothing else of it is right, so that it changes nothing. */
function scopeOf(field: Record<string, unknown>, scope: Scope): { project?: Scope } & Partial<Scope> {
  if (field['project']) return { project: scope };
  if (!field['tenantId']) return {};
  return field['projectId'] ? scope : { tenantId: scope.tenantId };
}

const flat = ({ project, tenantId = '', projectId = '' }: ReturnType<typeof scopeOf>): Scope =>
  project ?? { tenantId, projectId };

const call = (client: object, name: string, request: object): Promise<unknown> =>
  (client as Record<string, (request: object) => Promise<unknown>>)[name]!(request);

/** What a service says to one whom it lets in may be a refusal, and never a fault of its own. */
function verdictOf(code: string): 'in' | 'not_allowed' | 'not_found' | 'internal' {
  if (code === 'not_allowed' || code === 'internal') return code;
  return code === 'tenant_not_found' || code === 'project_not_found' ? 'not_found' : 'in';
}

/** One of each kind of caller, as the project of the university sees them. */
async function everybody(tenancy: TenancyUnderTest) {
  const { tenantId, project, ada, otto, mia, vera, eve } = await university(tenancy);
  const [above, below] = [tenancy.person('above'), tenancy.person('below')];
  const { id: parentId } = await tenantRunBy(tenancy, above, 'ministry');
  await tenancy.staff.updateTenant({ tenantId, resourceVersion: 1n, parentId });
  await tenantRunBy(tenancy, below, 'lab', tenantId);
  const expiresAt = { seconds: BigInt(tenancy.clock.now().getTime() / 1000 + 60), nanos: 0 };
  const token = (role: Member_Role) => otto.createProjectToken({ project, name: uuid7(), role, expiresAt });
  const [worker, reader] = [await token(Member_Role.MEMBER), await token(Member_Role.VIEWER)];
  const actors: Record<string, Actor> = {
    admin: ada,
    'admin above': above,
    'admin below': below,
    owner: otto,
    member: mia,
    viewer: vera,
    stranger: eve,
    staff: tenancy.staff,
    auditor: tenancy.auditor,
    worker: tenancy.program(worker.secret),
    reader: tenancy.program(reader.secret),
  };
  return { scope: project, actors };
}
