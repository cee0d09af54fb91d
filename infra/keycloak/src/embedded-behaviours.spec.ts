import { describe } from '@jest/globals';
import { providerBehaviours } from './conformance/provider-behaviours.ts';
import { startEmbedded } from './testing/embedded.ts';

describe('the embedded provider', () => providerBehaviours(startEmbedded));
