import { Body, Controller, Header } from '@nestjs/common';
import { ApiTags } from '@nestjs/swagger';
import { Endpoint } from '../platform/http/endpoint.decorator.js';
import { AskedRepresentation, ClientAddress, RepresentedBody } from '../platform/http/request.decorators.js';
import type { Representation } from '../platform/http/representation.js';
import {
  EnvelopedLoginBody,
  EnvelopedSignUpBody,
  LoginBody,
  RefreshBody,
  SignUpBody,
} from './dto/credentials.dto.js';
import { EnvelopedSignInDto, EnvelopedSignUpDto, SignInDto, SignUpDto } from './dto/sign-in.dto.js';
import { NO_STORE } from './no-store.js';
import { presentSignIn, presentSignUp } from './present-sign-in.js';
import { TokenIssuer } from './sessions/token-issuer.service.js';
import { SignIn } from './sign-in.service.js';

@ApiTags('Auth')
@Controller('auth')
export class SignInController {
  constructor(
    private readonly signIn: SignIn,
    private readonly issuer: TokenIssuer,
  ) {}

  @Endpoint('POST', 'signup', {
    access: 'public',
    summary: 'Sign up with an e-mail address and a password',
    description:
      'Where Supabase wants the address confirmed first, the answer has the user but no tokens yet.',
    body: { plain: SignUpBody, enveloped: EnvelopedSignUpBody },
    answer: { plain: SignUpDto, enveloped: EnvelopedSignUpDto },
    status: { plain: 201, enveloped: 200 },
    refusals: ['guessing', 'permission', 'upstream'],
  })
  @Header(...NO_STORE)
  async signUp(
    @RepresentedBody() body: SignUpBody,
    @AskedRepresentation() representation: Representation,
    @ClientAddress() address: string,
  ): Promise<SignUpDto | EnvelopedSignUpDto> {
    return presentSignUp(await this.signIn.signUp(body, address), representation);
  }

  @Endpoint('POST', 'login', {
    access: 'public',
    summary: 'Sign in with an e-mail address and a password',
    body: { plain: LoginBody, enveloped: EnvelopedLoginBody },
    answer: { plain: SignInDto, enveloped: EnvelopedSignInDto },
    refusals: ['authentication', 'guessing', 'permission', 'upstream'],
  })
  @Header(...NO_STORE)
  async logIn(
    @RepresentedBody() body: LoginBody,
    @AskedRepresentation() representation: Representation,
    @ClientAddress() address: string,
  ): Promise<SignInDto | EnvelopedSignInDto> {
    return presentSignIn(await this.signIn.signIn(body, address), representation);
  }

  @Endpoint('POST', 'refresh', {
    access: 'public',
    summary: 'Exchange a refresh token for new tokens',
    description:
      'A refresh token is used up by this. One that is used a second time, more than a moment later, ends its session: somebody else has it, too.',
    answer: { plain: SignInDto, enveloped: EnvelopedSignInDto },
    refusals: ['authentication', 'upstream'],
  })
  @Header(...NO_STORE)
  async refreshTokens(
    @Body() body: RefreshBody,
    @AskedRepresentation() representation: Representation,
    @ClientAddress() address: string,
  ): Promise<SignInDto | EnvelopedSignInDto> {
    return presentSignIn(await this.issuer.refresh(body.refresh_token, address), representation);
  }

  @Endpoint('POST', 'anonymous', {
    access: 'public',
    summary: 'Sign in without saying who you are',
    description: 'Makes a new user without an e-mail address. Supabase must be set to allow it.',
    answer: { plain: SignInDto, enveloped: EnvelopedSignInDto },
    status: 201,
    refusals: ['guessing', 'permission', 'upstream'],
  })
  @Header(...NO_STORE)
  async signInAnonymously(
    @AskedRepresentation() representation: Representation,
    @ClientAddress() address: string,
  ): Promise<SignInDto | EnvelopedSignInDto> {
    return presentSignIn(await this.signIn.signInAnonymously(address), representation);
  }
}
