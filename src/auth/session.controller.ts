import { Body, Controller, Header, Query } from '@nestjs/common';
import { ApiTags } from '@nestjs/swagger';
import type { Identity } from '../platform/http/actor.js';
import { Endpoint } from '../platform/http/endpoint.decorator.js';
import { AskedRepresentation, ClientAddress, CurrentIdentity } from '../platform/http/request.decorators.js';
import type { Representation } from '../platform/http/representation.js';
import { CurrentUser } from './current-user.service.js';
import {
  EnvelopedSessionDto,
  LogoutQuery,
  MessageDto,
  SessionDataBody,
  SessionDto,
} from './dto/session.dto.js';
import { EnvelopedAuthUserDto, EnvelopedAuthUserWithDataDto, AuthUserWithDataDto } from './dto/user.dto.js';
import { NO_STORE } from './no-store.js';
import { envelopedUser, presentUserWithData } from './present-sign-in.js';
import { SignOut } from './sessions/sign-out.service.js';

@ApiTags('Auth')
@Controller('auth')
export class SessionController {
  constructor(
    private readonly currentUser: CurrentUser,
    private readonly signOut: SignOut,
  ) {}

  @Endpoint('POST', 'logout', {
    access: 'user',
    summary: 'Sign out',
    description:
      'The session is refused from now on by every replica, also when Supabase fails: then the plain representation says so by 503, the enveloped one does not.',
    answer: MessageDto,
    refusals: ['upstream'],
  })
  async logOut(
    @CurrentIdentity() identity: Identity,
    @Query() { scope }: LogoutQuery,
    @AskedRepresentation() representation: Representation,
    @ClientAddress() address: string,
  ): Promise<MessageDto> {
    return this.signOut
      .signOut(identity, { scope, representation, address })
      .then(() => ({ message: 'Successfully logged out' }));
  }

  @Endpoint('GET', 'session', {
    access: 'user',
    summary: 'The present session',
    answer: { plain: SessionDto, enveloped: EnvelopedSessionDto },
    refusals: ['upstream'],
  })
  @Header(...NO_STORE)
  getSession(
    @CurrentIdentity() identity: Identity,
    @AskedRepresentation() representation: Representation,
    @ClientAddress() address: string,
  ): Promise<SessionDto | EnvelopedSessionDto> {
    return this.currentUser.session(identity, representation, address);
  }

  @Endpoint('GET', 'me', {
    access: 'user',
    summary: 'Who I am',
    answer: EnvelopedAuthUserDto,
    refusals: ['upstream'],
  })
  async getSignedInUser(
    @CurrentIdentity() identity: Identity,
    @ClientAddress() address: string,
  ): Promise<EnvelopedAuthUserDto> {
    return envelopedUser(await this.currentUser.get(identity, address));
  }

  @Endpoint('PUT', 'session-data', {
    access: 'user',
    summary: 'Set metadata of the user',
    answer: { plain: AuthUserWithDataDto, enveloped: EnvelopedAuthUserWithDataDto },
    refusals: ['upstream'],
  })
  async setSessionData(
    @CurrentIdentity() identity: Identity,
    @Body() body: SessionDataBody,
    @AskedRepresentation() representation: Representation,
    @ClientAddress() address: string,
  ): Promise<AuthUserWithDataDto | EnvelopedAuthUserWithDataDto> {
    return presentUserWithData(await this.currentUser.setData(identity, body.data, address), representation);
  }
}
