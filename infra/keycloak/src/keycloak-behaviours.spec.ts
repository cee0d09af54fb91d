import { describe } from '@jest/globals';
import { providerBehaviours } from './conformance/provider-behaviours.ts';
import { HOW_TO_GET_KEYCLOAK, keycloakHome } from './testing/keycloak-home.ts';
import { startKeycloak } from './testing/keycloak.ts';

const isInstalled = keycloakHome() !== undefined;
if (!isInstalled) console.info(HOW_TO_GET_KEYCLOAK);

(isInstalled ? describe : describe.skip)('a real Keycloak server', () => providerBehaviours(startKeycloak));
