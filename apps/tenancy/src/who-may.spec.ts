import { getOption } from '@bufbuild/protobuf';
import { describe, expect, it } from '@jest/globals';
import { access, AccessRule_Role as Role } from '@kontor/contracts/rules/v1/rules';
import { Member_Role, TenancyService } from '@kontor/contracts/tenancy/v1/tenancy';
import { uuid7 } from '@kontor/kit/id';
import { university } from '../testing/story.ts';
import { codeOf, tenancyUnderTest, type TenancyUnderTest } from '../testing/tenancy-under-test.ts';
import type { Actor } from '../testing/through-gateway.ts';

const METHODS = TenancyService.methods.filter((method) => getOption(method, access).people.length > 0);

describe('every method', () => {
  it('lets in exactly those whom its contract names, and shows others only what they may see', async () => {
    await using tenancy = await tenancyUnderTest();
    const { scope, actors } = await everybody(tenancy);
    const wrong: string[] = [];
    for (const method of METHODS) {
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
  });

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

function verdictOf(code: string): 'in' | 'not_allowed' | 'not_found' {
  if (code === 'not_allowed') return code;
  return code === 'tenant_not_found' || code === 'project_not_found' ? 'not_found' : 'in';
}

/** One of each kind of caller, as the project of the university sees them. */
async function everybody(tenancy: TenancyUnderTest) {
  const { project, ada, otto, mia, vera, eve } = await university(tenancy);
  const expiresAt = { seconds: BigInt(tenancy.clock.now().getTime() / 1000 + 60), nanos: 0 };
  const token = (role: Member_Role) => otto.createProjectToken({ project, name: uuid7(), role, expiresAt });
  const [worker, reader] = [await token(Member_Role.MEMBER), await token(Member_Role.VIEWER)];
  const actors: Record<string, Actor> = {
    admin: ada,
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
