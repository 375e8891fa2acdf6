import { Controller, Header, Query } from '@nestjs/common';
import { ApiTags } from '@nestjs/swagger';
import type { Actor, Identity } from '../platform/http/actor.js';
import { Endpoint } from '../platform/http/endpoint.decorator.js';
import {
  AskedRepresentation,
  ClientAddress,
  CurrentActor,
  CurrentIdentity,
  RepresentedBody,
} from '../platform/http/request.decorators.js';
import type { Representation } from '../platform/http/representation.js';
import type { SupabaseUser } from '../supabase/supabase.types.js';
import { CurrentUser } from './current-user.service.js';
import { AccountDto, RegisteredUserDto } from './dto/account.dto.js';
import { EnvelopedLoginBody, EnvelopedRegisterBody, LoginBody, SignUpBody } from './dto/credentials.dto.js';
import { LogoutQuery, MessageDto } from './dto/session.dto.js';
import { EnvelopedSignInDto, SignInDto } from './dto/sign-in.dto.js';
import { NO_STORE } from './no-store.js';
import { presentSignIn } from './present-sign-in.js';
import { SignOut } from './sessions/sign-out.service.js';
import { SignIn } from './sign-in.service.js';

/** The short routes, which do what those under `/auth` do. */
@ApiTags('Account')
@Controller()
export class AccountController {
  constructor(
    private readonly signIn: SignIn,
    private readonly currentUser: CurrentUser,
    private readonly signOut: SignOut,
  ) {}

  @Endpoint('POST', 'register', {
    access: 'public',
    summary: 'Sign up, and get the new user',
    body: { plain: SignUpBody, enveloped: EnvelopedRegisterBody },
    answer: RegisteredUserDto,
    status: 201,
    refusals: ['guessing', 'permission', 'upstream'],
  })
  register(@RepresentedBody() body: SignUpBody, @ClientAddress() address: string): Promise<SupabaseUser> {
    return this.signIn.register(body, address);
  }

  @Endpoint('POST', 'login', {
    access: 'public',
    summary: 'Sign in',
    body: { plain: LoginBody, enveloped: EnvelopedLoginBody },
    answer: { plain: SignInDto, enveloped: EnvelopedSignInDto },
    refusals: ['authentication', 'guessing', 'permission', 'upstream'],
  })
  @Header(...NO_STORE)
  async logInShort(
    @RepresentedBody() body: LoginBody,
    @AskedRepresentation() representation: Representation,
    @ClientAddress() address: string,
  ): Promise<SignInDto | EnvelopedSignInDto> {
    return presentSignIn(await this.signIn.signIn(body, address), representation);
  }

  @Endpoint('GET', 'user', {
    access: 'user',
    summary: 'Who I am, with roles and claims',
    answer: AccountDto,
    refusals: ['upstream'],
  })
  getAccount(
    @CurrentActor() actor: Actor,
    @CurrentIdentity() identity: Identity,
    @ClientAddress() address: string,
  ): Promise<AccountDto> {
    return this.currentUser.account(actor, identity, address);
  }

  @Endpoint('POST', 'logout', {
    access: 'user',
    summary: 'Sign out',
    answer: MessageDto,
    refusals: ['upstream'],
  })
  async logOutShort(
    @CurrentIdentity() identity: Identity,
    @Query() { scope }: LogoutQuery,
    @AskedRepresentation() representation: Representation,
    @ClientAddress() address: string,
  ): Promise<MessageDto> {
    return this.signOut
      .signOut(identity, { scope, representation, address })
      .then(() => ({ message: 'Logged out successfully' }));
  }
}
