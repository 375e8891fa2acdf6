import { Body, Controller, Header } from '@nestjs/common';
import { ApiTags } from '@nestjs/swagger';
import { Endpoint } from '../platform/http/endpoint.decorator.js';
import { AskedRepresentation, ClientAddress } from '../platform/http/request.decorators.js';
import type { Representation } from '../platform/http/representation.js';
import { OtpBody, OtpVerifyBody } from './dto/otp.dto.js';
import { MessageDto } from './dto/session.dto.js';
import { EnvelopedSignInDto, SignInDto } from './dto/sign-in.dto.js';
import { NO_STORE } from './no-store.js';
import { presentSignIn } from './present-sign-in.js';
import { SignIn } from './sign-in.service.js';

@ApiTags('Auth')
@Controller('auth/otp')
export class OtpController {
  constructor(private readonly signIn: SignIn) {}

  @Endpoint('POST', '', {
    access: 'public',
    summary: 'Have a one-time password e-mailed',
    description: 'An address that is not known yet becomes a new user.',
    answer: MessageDto,
    refusals: ['guessing', 'permission', 'upstream'],
  })
  sendOtp(@Body() body: OtpBody, @ClientAddress() address: string): Promise<MessageDto> {
    return this.signIn.sendOtp(body.email, address);
  }

  @Endpoint('POST', 'verify', {
    access: 'public',
    summary: 'Sign in with a one-time password',
    answer: { plain: SignInDto, enveloped: EnvelopedSignInDto },
    refusals: ['authentication', 'guessing', 'upstream'],
  })
  @Header(...NO_STORE)
  async verifyOtp(
    @Body() body: OtpVerifyBody,
    @AskedRepresentation() representation: Representation,
    @ClientAddress() address: string,
  ): Promise<SignInDto | EnvelopedSignInDto> {
    return presentSignIn(await this.signIn.verifyOtp(body, address), representation);
  }
}
