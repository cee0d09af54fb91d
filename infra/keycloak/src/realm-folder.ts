import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { fillPlaceholders } from './placeholders.ts';
import { parseRealm, type Realm } from './realm.ts';

/** Kontor's realm and its demo users, in the format that Keycloak imports. */
export const REALM_FILE = fileURLToPath(new URL('../realm.json', import.meta.url));
export const DEMO_USERS_FILE = fileURLToPath(new URL('../demo-users.json', import.meta.url));

/** What the realm file leaves open. */
export interface RealmValues {
  /** Where browsers reach the gateway, without a slash at the end. */
  KONTOR_PUBLIC_URL: string;
  KONTOR_PORTAL_SECRET: string;
  KONTOR_SERVICE_SECRET: string;
}

/** The realm with its values filled in, and with the demo users. Throws RealmFault. */
export function readRealm(values: RealmValues): Realm {
  const realm = fillPlaceholders(readFileSync(REALM_FILE, 'utf8'), { ...values });
  return parseRealm(JSON.parse(realm), JSON.parse(readFileSync(DEMO_USERS_FILE, 'utf8')));
}
