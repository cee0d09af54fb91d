import { RealmFault } from './realm-fault.ts';

const PLACEHOLDER = /\$\{([A-Z][A-Z0-9_]*)\}/g;

/**
 * Fills `${NAME}` in the text of a realm file, as Keycloak does from its environment when it imports one. Throws
 * RealmFault where a value is missing, so that no placeholder is ever taken for a secret.
 */
export function fillPlaceholders(text: string, values: Record<string, string | undefined>): string {
  const missing = new Set([...text.matchAll(PLACEHOLDER)].map(([, name = '']) => name).filter((name) => !values[name]));
  if (missing.size > 0) {
    throw new RealmFault(
      `The realm file needs values for ${[...missing].join(', ')}.`,
      'Set them where the server is started.',
    );
  }
  return text.replace(PLACEHOLDER, (_, name: string) => JSON.stringify(values[name]).slice(1, -1));
}
