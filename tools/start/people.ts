import { demoTokens } from '@kontor/keycloak/demo-users';
import { restOf, type Rest } from './rest.ts';
import { HOST, type StartSettings } from './settings.ts';

const NAMES = ['staff', 'staff2', 'admin', 'researcher'] as const;

/** The demo users of the realm, each signed in as a program of theirs would be. */
export type People = Record<(typeof NAMES)[number], { rest: Rest; email: string }>;

export function peopleOf({ ports }: StartSettings): People {
  const entries = NAMES.map((name) => {
    const rest = restOf(`http://${HOST}:${ports.gateway}`, demoTokens(ports.identity, name));
    return [name, { rest, email: `${name}@demo.example` }] as const;
  });
  return Object.fromEntries(entries) as People;
}
