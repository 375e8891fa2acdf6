import { Body, Controller, Param } from '@nestjs/common';
import { ApiTags } from '@nestjs/swagger';
import type { Identity } from '../../platform/http/actor.js';
import { Endpoint } from '../../platform/http/endpoint.decorator.js';
import { ClientAddress, CurrentIdentity } from '../../platform/http/request.decorators.js';
import { CurrentUser } from '../current-user.service.js';
import { LinkIdentityBody, ProviderRedirectDto, ProviderToLinkParam } from '../dto/flow.dto.js';
import { IdentityDto, IdentityParam } from '../dto/identity.dto.js';
import { Browser, FlowBrowser } from './flow-browser.js';
import { STATE_COOKIE } from './flow-headers.js';
import { SignInFlows } from './sign-in-flow.service.js';

@ApiTags('Auth')
@Controller('auth/identities')
export class IdentitiesController {
  constructor(
    private readonly currentUser: CurrentUser,
    private readonly flows: SignInFlows,
  ) {}

  @Endpoint('GET', '', {
    access: 'user',
    summary: 'How I can sign in',
    answer: [IdentityDto],
    refusals: ['upstream'],
  })
  listIdentities(
    @CurrentIdentity() identity: Identity,
    @ClientAddress() address: string,
  ): Promise<IdentityDto[]> {
    return this.currentUser.identities(identity, address);
  }

  // Named as in the route below: to OpenAPI, two names of one parameter are two routes that cannot be told apart.
  @Endpoint('POST', ':id', {
    access: 'user',
    summary: 'Begin to link an identity at a provider',
    description: 'Send the browser to the URL. It comes back with new tokens for you, as after a sign-in.',
    answer: ProviderRedirectDto,
    refusals: ['upstream'],
    headers: STATE_COOKIE,
  })
  linkIdentity(
    @CurrentIdentity() identity: Identity,
    @Param() { id: provider }: ProviderToLinkParam,
    @Body() { redirect_url: redirectUrl }: LinkIdentityBody,
    @Browser() browser: FlowBrowser,
    @ClientAddress() address: string,
  ): Promise<ProviderRedirectDto> {
    return this.flows.link(identity, { provider, redirectUrl }, browser, address);
  }

  @Endpoint('DELETE', ':id', {
    access: 'user',
    summary: 'Remove a way to sign in',
    description: 'The last one stays: 409.',
    refusals: ['not_found', 'conflict', 'upstream'],
  })
  unlinkIdentity(
    @CurrentIdentity() identity: Identity,
    @Param() { id }: IdentityParam,
    @ClientAddress() address: string,
  ): Promise<void> {
    return this.currentUser.unlink(identity, id, address);
  }
}
