import type { DescMethod } from '@bufbuild/protobuf';
import { AccessRule_Role as Role } from '@kontor/contracts/rules/v1/rules';
import { accessOf } from '@kontor/kit/access';
import { applyDecorators, type CustomDecorator } from '@nestjs/common';
import { Reflector } from '@nestjs/core';
import { ApiBearerAuth, ApiCookieAuth, ApiOperation } from '@nestjs/swagger';

/** Who may use a route: everyone, and why; whoever is known, programs included; or people with one of these roles. */
export type Access =
  | { who: 'everyone'; why: string }
  | { who: 'callers' }
  | { who: 'people'; people: readonly Role[]; method: DescMethod };

/** What a route declares; a route that declares nothing keeps the gateway from starting. */
export const Declared = Reflector.createDecorator<Access>();

/** Opens a route to callers who have not signed in, and says why that is right. */
export const Public = (why: string): CustomDecorator => Declared({ who: 'everyone', why });

/** How a caller may show who they are. */
const ApiSignedIn = () => applyDecorators(ApiBearerAuth(), ApiCookieAuth());

/** A route that the gateway answers by itself, for whoever is known. */
export const Known = (operationId: string, summary: string) =>
  applyDecorators(
    Declared({ who: 'callers' }),
    ApiSignedIn(),
    ApiOperation({ operationId, summary, description: 'Who may: whoever is known, project tokens included.' }),
  );

/** A route that an RPC answers: whoever may have the gateway call that. */
export function OpenAsRpc(method: DescMethod, said: { operationId: string; summary: string; description: string }) {
  const { people } = accessOf(method);
  const description = [said.description, whoMay(people)].filter(Boolean).join('\n\n');
  return applyDecorators(
    Declared({ who: 'people', people, method }),
    ApiSignedIn(),
    ApiOperation({ ...said, description }),
  );
}

const WHO: Record<Role, string> = {
  [Role.UNSPECIFIED]: 'nobody',
  [Role.SIGNED_IN]: 'whoever has signed in',
  [Role.OPERATOR_STAFF]: 'operator staff',
  [Role.AUDITOR]: 'auditors',
  [Role.TENANT_ADMIN]: "the tenant's admins",
  [Role.TENANT_OBSERVER]: "the tenant's admins, also while it is suspended",
  [Role.TENANT_MEMBER]: "members of the tenant's projects",
  [Role.PROJECT_OWNER]: "the project's owner",
  [Role.PROJECT_MEMBER]: "the project's members",
  [Role.PROJECT_VIEWER]: "the project's viewers and members",
  [Role.PROJECT_TOKEN]: 'programs with a token of any project',
};

/** A sentence for the API's description. */
export function whoMay(people: readonly Role[]): string {
  const names = people.map((role) => WHO[role]);
  const last = names.pop();
  return `Who may: ${names.length > 0 ? `${names.join(', ')} and ${last}` : last}.`;
}
