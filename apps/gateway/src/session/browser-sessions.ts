import { isLoopback } from '@kontor/kit/loopback';
import { Problem } from '@kontor/kit/problem';
import { Injectable } from '@nestjs/common';
import { ApiProperty } from '@nestjs/swagger';
import type { Request, Response } from 'express';
import { buildEndSessionUrl, tokenRevocation } from 'openid-client';
import { GatewayConfig } from '../config.ts';
import { Bearers } from '../identity/bearers.ts';
import { IdentityProvider } from '../identity/identity-provider.ts';
import { checkSameSite } from './csrf.ts';
import { Sessions } from './sessions.ts';
import { SignIn } from './sign-in.ts';
import type { Session } from './session.ts';

/** Who is signed in in a browser. */
export class BrowserSession {
  @ApiProperty({ type: 'boolean', description: 'Whether somebody is.' })
  declare signedIn: boolean;

  @ApiProperty({ type: 'string', required: false, description: 'To send as kontor-csrf with every change.' })
  declare csrf?: string;

  @ApiProperty({ type: 'string', required: false, description: 'As the identity provider says.' })
  declare name?: string;

  @ApiProperty({ type: 'string', required: false, description: 'As the identity provider says.' })
  declare email?: string;
}

/** Where a page must go next. */
export class NextPage {
  @ApiProperty({ type: 'string', format: 'uri', description: "The identity provider's page that ends its session." })
  declare url: string;
}

/** Signing in, out, and asking who is, for pages. */
@Injectable()
export class BrowserSessions {
  constructor(
    private readonly config: GatewayConfig,
    private readonly provider: IdentityProvider,
    private readonly bearers: Bearers,
    private readonly signIn: SignIn,
    private readonly sessions: Sessions,
  ) {}

  /** Where a browser that wants to sign in goes. */
  async start(request: Request, response: Response, returnTo: unknown = '/'): Promise<string> {
    const home = new URL(this.config.publicUrl);
    const here = URL.parse(`http://${request.get('host')}`) ?? home;
    // On one machine the same gateway has several names; cookies belong to that which the provider leads back to.
    if (here.host !== home.host && isLoopback(here.hostname) && isLoopback(home.hostname)) {
      return new URL(request.originalUrl, this.config.publicUrl).href;
    }
    return this.signIn.start(response, typeof returnTo === 'string' ? returnTo : '');
  }

  /** Keeps the session, if its token is one that we would take from anybody; answers where to go with it. */
  async finish(request: Request, response: Response): Promise<string> {
    const { session, returnTo } = await this.signIn.finish(request, response);
    await this.bearers.claimsOf(session.accessToken);
    await this.sessions.keep(response, session);
    return returnTo;
  }

  async current(request: Request, response: Response): Promise<BrowserSession> {
    const session = await this.sessions.of(request);
    if (session === undefined) return { signedIn: false };
    try {
      const { accessToken, csrf } = await this.sessions.fresh(session, response);
      const { name, email } = await this.bearers.claimsOf(accessToken);
      return { signedIn: true, csrf, name, email };
    } catch (error) {
      if (!(error instanceof Problem) || error.toHttp().status !== 401) throw error;
      this.sessions.forget(response);
      return { signedIn: false };
    }
  }

  /** Ends the session: in the browser, for its tokens at once, and for other sites when the page goes where we say. */
  async end(request: Request, response: Response): Promise<NextPage> {
    const home = `${this.config.publicUrl}/`;
    const session = await this.sessions.of(request);
    if (session === undefined) return { url: home };
    checkSameSite(request, session, this.config.publicUrl);
    this.sessions.forget(response);
    return { url: await this.#endAtProvider(session, home).catch(() => home) };
  }

  async #endAtProvider({ refreshToken, idToken }: Session, home: string): Promise<string> {
    const configuration = await this.provider.configuration();
    await tokenRevocation(configuration, refreshToken, { token_type_hint: 'refresh_token' }).catch(() => undefined);
    // Where it is not known whose session is to end, the provider asks the person.
    const hint = idToken ? { id_token_hint: idToken } : {};
    return buildEndSessionUrl(configuration, { ...hint, post_logout_redirect_uri: home }).href;
  }
}
