import { Problem } from '@kontor/kit/problem';

const HELP =
  'Sign in again: in a browser at /auth/sign-in, as a program at the identity provider. Then send the ' +
  'header Authorization: Bearer TOKEN, where TOKEN is the access token or a project token.';

/** 401, with what would help. */
export const tokenProblem = (code: string, detail: string): Problem => Problem.unauthenticated(code, detail, HELP);
