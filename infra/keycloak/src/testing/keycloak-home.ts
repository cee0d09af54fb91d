import { existsSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';

const ROOT = fileURLToPath(new URL('../../../..', import.meta.url));

/** What to do where there is none. */
export const HOW_TO_GET_KEYCLOAK = 'A Keycloak server is not installed here: run `npm run setup:engines`.';

/** The folder of an installed Keycloak server: `KONTOR_KEYCLOAK`, or what `npm run setup:engines` made. */
export function keycloakHome(env: NodeJS.ProcessEnv = process.env): string | undefined {
  const folder = env['KONTOR_KEYCLOAK'] || join(resolve(ROOT, env['KONTOR_ENGINES'] || '.engines'), 'keycloak');
  return existsSync(join(folder, 'lib', 'quarkus-run.jar')) ? folder : undefined;
}
