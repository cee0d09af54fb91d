import { describe } from '@jest/globals';
import { startEmbedded } from '@kontor/keycloak/testing/embedded';
import { identityBehaviours } from '../../testing/identity-behaviours.ts';

describe('with the embedded provider', () => identityBehaviours(startEmbedded));
