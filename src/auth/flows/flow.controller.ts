import { Body, Controller, Header, Param, Query, Res } from '@nestjs/common';
import { ApiQuery, ApiTags } from '@nestjs/swagger';
import type { ApiReply } from '../../platform/http/api-request.js';
import { Endpoint } from '../../platform/http/endpoint.decorator.js';
import { AskedRepresentation, ClientAddress } from '../../platform/http/request.decorators.js';
import type { Representation } from '../../platform/http/representation.js';
import {
  IdTokenBody,
  OauthQuery,
  ProviderParam,
  ProviderRedirectDto,
  SsoBody,
  SsoRedirectDto,
} from '../dto/flow.dto.js';
import { EnvelopedSignInDto, SignInDto } from '../dto/sign-in.dto.js';
import { NO_STORE } from '../no-store.js';
import { presentSignIn } from '../present-sign-in.js';
import { SignIn } from '../sign-in.service.js';
import { answerCallback } from './answer-callback.js';
import { Browser, FlowBrowser } from './flow-browser.js';
import { STATE_COOKIE } from './flow-headers.js';
import { SignInFlows } from './sign-in-flow.service.js';

@ApiTags('Auth')
@Controller('auth')
export class FlowController {
  constructor(
    private readonly signIn: SignIn,
    private readonly flows: SignInFlows,
  ) {}

  @Endpoint('POST', 'id-token', {
    access: 'public',
    summary: 'Sign in with an ID token of a provider',
    answer: { plain: SignInDto, enveloped: EnvelopedSignInDto },
    refusals: ['authentication', 'guessing', 'permission', 'upstream'],
  })
  @Header(...NO_STORE)
  async signInWithIdToken(
    @Body() body: IdTokenBody,
    @AskedRepresentation() representation: Representation,
    @ClientAddress() address: string,
  ): Promise<SignInDto | EnvelopedSignInDto> {
    return presentSignIn(await this.signIn.signInWithIdToken(body, address), representation);
  }

  @Endpoint('GET', 'oauth/:provider', {
    access: 'public',
    summary: 'Begin a sign-in at a provider',
    description:
      'Send the browser to the URL. It comes back to `/auth/callback`, which goes on to `redirect_url`, or answers with the sign-in where there is none.',
    answer: ProviderRedirectDto,
    refusals: ['guessing', 'upstream'],
    headers: STATE_COOKIE,
  })
  @Header(...NO_STORE)
  beginOauth(
    @Param() { provider }: ProviderParam,
    @Query() { redirect_url: redirectUrl }: OauthQuery,
    @Browser() browser: FlowBrowser,
  ): Promise<ProviderRedirectDto> {
    return this.flows.oauth(provider, redirectUrl, browser);
  }

  @Endpoint('POST', 'sso', {
    access: 'public',
    summary: 'Begin the single sign-on of a domain',
    description: 'Send the browser to the URL. It comes back as after a sign-in at a provider.',
    answer: SsoRedirectDto,
    refusals: ['not_found', 'guessing', 'permission', 'upstream'],
    headers: STATE_COOKIE,
  })
  @Header(...NO_STORE)
  beginSso(
    @Body() body: SsoBody,
    @Browser() browser: FlowBrowser,
    @ClientAddress() address: string,
  ): Promise<SsoRedirectDto> {
    return this.flows.sso(body, browser, address);
  }

  @Endpoint('GET', 'callback', {
    access: 'public',
    summary: 'End a sign-in that was begun elsewhere',
    description:
      'Where the browser comes back to. It must be the one that has begun, within ten minutes, and only once. Tokens never stand in the query of a URL.',
    answer: { plain: SignInDto, enveloped: EnvelopedSignInDto },
    redirect:
      'On to the `redirect_url` the sign-in was begun with. The fragment has `access_token`, `refresh_token`, `expires_in` and `token_type`, or `error` and `error_description` when it was broken off.',
    refusals: ['authentication', 'guessing', 'permission', 'upstream'],
    headers: { 'Set-Cookie': 'Takes back the state.' },
  })
  @ApiQuery({
    name: 'code',
    required: false,
    schema: { type: 'string', maxLength: 512 },
    example: '3c9e1f6a-2b7d-4e0c-9a55-8d1f0b6c7e42',
    description: 'What Supabase has sent the browser with.',
  })
  @ApiQuery({
    name: 'error',
    required: false,
    schema: { type: 'string' },
    example: 'access_denied',
    description: 'In place of a code, when the sign-in was broken off.',
  })
  @Header(...NO_STORE)
  async finishSignIn(
    @Query() query: Record<string, unknown>,
    @Browser() browser: FlowBrowser,
    @AskedRepresentation() representation: Representation,
    @ClientAddress() address: string,
    @Res() reply: ApiReply,
  ): Promise<void> {
    await answerCallback(reply, await this.flows.finish(query, browser, address), representation);
  }
}
