import { accessTokens } from './access-tokens.ts';

/** Of every demo user, whom nobody can reach from another machine. */
export const DEMO_PASSWORD = 'kontor-demo';

/** Who vouches for people where the embedded provider listens on this port of this machine. */
export const issuerOn = (port: number): string => `http://localhost:${port}/realms/kontor`;

/** How a program of a demo user gets access tokens there. */
export const demoTokens = (port: number, username: string): (() => Promise<string>) =>
  accessTokens(issuerOn(port), username, DEMO_PASSWORD);
