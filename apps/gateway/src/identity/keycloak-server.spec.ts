import { describe } from '@jest/globals';
import { startKeycloak } from '@kontor/keycloak/testing/keycloak';
import { HOW_TO_GET_KEYCLOAK, keycloakHome } from '@kontor/keycloak/testing/keycloak-home';
import { identityBehaviours } from '../../testing/identity-behaviours.ts';

const isInstalled = keycloakHome() !== undefined;
if (!isInstalled) console.info(HOW_TO_GET_KEYCLOAK);

(isInstalled ? describe : describe.skip)('with a real Keycloak server', () => identityBehaviours(startKeycloak));
