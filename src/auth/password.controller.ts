import { Body, Controller } from '@nestjs/common';
import { ApiTags } from '@nestjs/swagger';
import type { Identity } from '../platform/http/actor.js';
import { Endpoint } from '../platform/http/endpoint.decorator.js';
import { ClientAddress, CurrentIdentity, RepresentedBody } from '../platform/http/request.decorators.js';
import { EnvelopedPasswordBody, PasswordBody, PasswordResetBody } from './dto/password.dto.js';
import { MessageDto } from './dto/session.dto.js';
import { Passwords } from './password.service.js';

@ApiTags('Auth')
@Controller('auth')
export class PasswordController {
  constructor(private readonly passwords: Passwords) {}

  @Endpoint('POST', 'password-reset', {
    access: 'public',
    summary: 'Have a link to set a new password e-mailed',
    description: 'The answer is the same whether or not the address is known.',
    answer: MessageDto,
    refusals: ['guessing'],
  })
  resetPassword(@Body() body: PasswordResetBody, @ClientAddress() address: string): Promise<MessageDto> {
    return this.passwords.reset(body, address);
  }

  @Endpoint('PUT', 'password', {
    access: 'user',
    summary: 'Change the password',
    description: 'All other sessions of the user end. A wrong present password is an invalid request.',
    body: { plain: PasswordBody, enveloped: EnvelopedPasswordBody },
    answer: MessageDto,
    refusals: ['guessing', 'permission', 'upstream'],
  })
  updatePassword(
    @CurrentIdentity() identity: Identity,
    @RepresentedBody() body: PasswordBody,
    @ClientAddress() address: string,
  ): Promise<MessageDto> {
    return this.passwords.change(identity, body, address);
  }
}
