import { timestampDate } from '@bufbuild/protobuf/wkt';
import { contextSigner } from '@kontor/kit/caller-context';
import { Clock } from '@kontor/kit/clock';
import type { Person, Scope } from '@kontor/kit/person';
import { Remembered } from '@kontor/kit/remembered';
import type { Caller } from '@kontor/contracts/tenancy/v1/tenancy';
import { Injectable } from '@nestjs/common';
import { GatewayConfig } from '../config.ts';
import { Services } from '../services.ts';
import type { Claims } from './claims.ts';

/** How long a change of somebody's memberships may go unnoticed. */
const CALLER_MS_MAX = 5_000;
const CALLERS_MAX = 10_000;

/** What somebody showed, once it was found good: a person's claims, or the secret of a project token. */
export type Credential = { key: string } & ({ claims: Claims } | { projectToken: string });

/** What the path of a request names; empty where it names nothing. */
export interface NamedScope {
  tenantId: string;
  projectId: string;
}

/** Who calls, what they may do in the scope of the request, and what the services will believe about it. */
export interface KnownCaller {
  caller: Caller;
  person: Person;
  /** Signed, and good for at least 50 seconds more. */
  context: string;
}

/** Finds out from tenancy what a caller may do in a scope, and vouches for it. */
@Injectable()
export class Callers {
  readonly #known: Remembered<KnownCaller>;
  readonly #sign: ReturnType<typeof contextSigner>;

  constructor(
    private readonly services: Services,
    { tls }: GatewayConfig,
    private readonly clock: Clock,
  ) {
    this.#sign = contextSigner(tls);
    this.#known = new Remembered(clock, CALLER_MS_MAX, CALLERS_MAX);
  }

  /** @throws Problem as tenancy answers: an unknown project token, a scope that is no UUID, or tenancy is down */
  resolve(credential: Credential, scope: NamedScope): Promise<KnownCaller> {
    const key = `${credential.key} ${scope.tenantId} ${scope.projectId}`;
    return this.#known.get(key, () => this.#ask(credential, scope));
  }

  async #ask(credential: Credential, scope: NamedScope): Promise<KnownCaller> {
    const caller = await this.services.tenancy.resolveCaller({ credential: shown(credential), ...scope });
    const person = personOf(caller);
    return { caller, person, context: await this.#sign(person, this.clock.now()) };
  }
}

function shown(credential: Credential) {
  if ('projectToken' in credential) return { case: 'projectToken', value: credential.projectToken } as const;
  const { expiresAtMs: _, ...identity } = credential.claims;
  return { case: 'identity', value: identity } as const;
}

const personOf = ({ id, reference, roles, knownSince, ...asked }: Caller): Person => ({
  id,
  reference,
  roles,
  ...scopeOf(asked),
  ...(knownSince && { knownSince: timestampDate(knownSince) }),
});

function scopeOf({ tenantId, projectId }: NamedScope): { scope?: Scope } {
  if (tenantId === '') return {};
  return { scope: { tenantId, ...(projectId !== '' && { projectId }) } };
}
