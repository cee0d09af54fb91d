import { Injectable } from '@nestjs/common';
import type { Request, Response } from 'express';
import { GatewayConfig } from '../config.ts';
import { checkSameSite } from '../session/csrf.ts';
import { Sessions } from '../session/sessions.ts';
import { Bearers } from './bearers.ts';
import type { Credential } from './callers.ts';
import { tokenProblem } from './credential-problem.ts';
import { fingerprint } from './fingerprint.ts';

const BEARER = /^Bearer +(\S+)$/i;
/** Secrets of project tokens can be told from access tokens, and be found by whoever searches for leaked ones. */
const PROJECT_TOKEN = /^kpt_[\w-]{1,196}$/;

/** What a request shows: a bearer in its header, else the session in its cookie. */
@Injectable()
export class Credentials {
  constructor(
    private readonly config: GatewayConfig,
    private readonly bearers: Bearers,
    private readonly sessions: Sessions,
  ) {}

  /** @throws Problem `no_token`, `csrf_refused`, `session_ended`, or what is wrong with the token */
  async of(request: Request, response: Response): Promise<Credential> {
    const { authorization } = request.headers;
    if (authorization !== undefined) return this.#bearer(authorization);
    const session = await this.sessions.of(request);
    if (session === undefined) throw tokenProblem('no_token', 'The request does not say who sends it.');
    checkSameSite(request, session, this.config.publicUrl);
    return this.#person((await this.sessions.fresh(session, response)).accessToken);
  }

  /** A header that is there counts, even beside a better cookie: nobody is to act as somebody else by mistake. */
  #bearer(authorization: string): Credential | Promise<Credential> {
    const [, token] = BEARER.exec(authorization) ?? [];
    if (token === undefined) throw tokenProblem('no_token', 'The header Authorization holds no bearer token.');
    return PROJECT_TOKEN.test(token) ? { key: fingerprint(token), projectToken: token } : this.#person(token);
  }

  async #person(token: string): Promise<Credential> {
    const key = fingerprint(token);
    return { key, claims: await this.bearers.claimsOf(token, key) };
  }
}
