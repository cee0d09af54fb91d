import { accessTokens } from '@kontor/keycloak/access-tokens';
import { restOf, type Rest } from './rest.ts';
import { HOST, type StartSettings } from './settings.ts';

/** Password of every demo user of the embedded provider, which nobody can reach from another machine. */
export const DEMO_PASSWORD = 'kontor-demo';

const NAMES = ['staff', 'staff2', 'admin', 'researcher'] as const;

/** The demo users of the realm, each signed in as a program of theirs would be. */
export type People = Record<(typeof NAMES)[number], { rest: Rest; email: string }>;

export function peopleOf({ ports }: StartSettings): People {
  const issuer = issuerOf(ports.identity);
  const entries = NAMES.map((name) => {
    const rest = restOf(`http://${HOST}:${ports.gateway}`, accessTokens(issuer, name, DEMO_PASSWORD));
    return [name, { rest, email: `${name}@demo.example` }] as const;
  });
  return Object.fromEntries(entries) as People;
}

export const issuerOf = (port: number): string => `http://localhost:${port}/realms/kontor`;
