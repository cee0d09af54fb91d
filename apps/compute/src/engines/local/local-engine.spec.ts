import { engineConformance } from '../conformance.ts';
import { localEngineUnderTest } from './engine-under-test.ts';

engineConformance('the local engine', localEngineUnderTest, { isolates: true });
