import { AsyncLocalStorage } from 'node:async_hooks';
import type { Call } from './grpc.ts';

/** The call being answered, so that calls made on its behalf inherit what is left of its time, and for whom it is. */
export const currentCall = new AsyncLocalStorage<Pick<Call, 'deadline' | 'signal' | 'context'>>();
