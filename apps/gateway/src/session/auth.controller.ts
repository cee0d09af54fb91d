import { Controller, Get, HttpCode, Post, Query, Req, Res } from '@nestjs/common';
import { ApiOkResponse, ApiOperation, ApiQuery, ApiResponse, ApiTags } from '@nestjs/swagger';
import type { Request, Response } from 'express';
import { Public } from '../access.ts';
import { BrowserSession, BrowserSessions, NextPage } from './browser-sessions.ts';

const opened = (operationId: string, summary: string) => ApiOperation({ operationId, summary, security: [] });

@ApiTags('Sign-in')
@Controller('auth')
export class AuthController {
  constructor(private readonly sessions: BrowserSessions) {}

  @Get('sign-in')
  @Public('Nobody is signed in before.')
  @opened('SignIn', 'Leads a browser to the identity provider')
  @ApiQuery({ name: 'return_to', required: false, description: 'Path of this site to come back to; / when absent.' })
  @ApiResponse({ status: 302, description: 'To the identity provider.' })
  async signIn(@Req() request: Request, @Query('return_to') returnTo: unknown, @Res() response: Response) {
    response.redirect(await this.sessions.start(request, response, returnTo));
  }

  @Get('callback')
  @Public('The identity provider sends browsers here; each brings what proves that it asked.')
  @opened('SignInCallback', 'Where the identity provider leads a browser back to')
  @ApiResponse({ status: 302, description: 'Signed in; to the path that was asked for.' })
  async callback(@Req() request: Request, @Res() response: Response) {
    response.redirect(await this.sessions.finish(request, response));
  }

  @Get('session')
  @Public('Pages ask whether somebody is signed in; without a session the answer is no.')
  @opened('GetSession', 'Who is signed in in this browser')
  @ApiOkResponse({ type: BrowserSession, description: 'Also where nobody is.' })
  session(@Req() request: Request, @Res({ passthrough: true }) response: Response): Promise<BrowserSession> {
    return this.sessions.current(request, response);
  }

  @Post('sign-out')
  @Public('Wants the session that it ends, and the header kontor-csrf.')
  @opened('SignOut', 'Ends the session here and at the identity provider')
  @HttpCode(200)
  @ApiResponse({ status: 200, type: NextPage, description: 'Signed out here.' })
  signOut(@Req() request: Request, @Res({ passthrough: true }) response: Response): Promise<NextPage> {
    return this.sessions.end(request, response);
  }
}
