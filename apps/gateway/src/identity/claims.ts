import type { JWTPayload } from 'jose';

/** The roles of the realm that mean something here. A realm may have hundreds of others. */
const REALM_ROLES = ['operator-staff', 'auditor'];
/** As the contract bounds them. */
const NAME_CHARACTERS_MAX = 200;
const EMAIL_CHARACTERS_MAX = 320;

/** What a token says about whoever shows it, once it is believed. */
export interface Claims {
  issuer: string;
  subject: string;
  name: string;
  email: string;
  emailVerified: boolean;
  realmRoles: string[];
  expiresAtMs: number;
}

/** When a token ends, in milliseconds. */
export const endOf = ({ exp = 0 }: JWTPayload): number => exp * 1_000;

/** Within the bounds that the contract sets: what a realm says of somebody must not keep them out. */
export function claimsOf(payload: JWTPayload): Claims {
  const { iss = '', sub = '', name, email, email_verified: verified, realm_access: access } = payload;
  const { roles } = (access ?? {}) as { roles?: unknown };
  return {
    issuer: iss,
    subject: sub,
    name: nameOf(name),
    email: emailOf(email),
    emailVerified: verified === true,
    realmRoles: REALM_ROLES.filter((role) => Array.isArray(roles) && roles.includes(role)),
    expiresAtMs: endOf(payload),
  };
}

/** Cut, because it is for people to read. */
const nameOf = (claim: unknown): string =>
  textOf(claim).replaceAll('\0', '').slice(0, NAME_CHARACTERS_MAX).toWellFormed();

/** Left out where it is too long to be anybody's: half an address would be another's. */
function emailOf(claim: unknown): string {
  const email = textOf(claim);
  return email.length > EMAIL_CHARACTERS_MAX || email.includes('\0') ? '' : email;
}

const textOf = (claim: unknown): string => (typeof claim === 'string' ? claim : '');
