import { hash } from 'node:crypto';

/** Knows a secret again without keeping it. */
export const fingerprint = (secret: string): string => hash('sha256', secret, 'base64url');
