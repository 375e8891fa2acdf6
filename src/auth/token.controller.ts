import { Body, Controller, Header } from '@nestjs/common';
import { ApiTags } from '@nestjs/swagger';
import { Endpoint } from '../platform/http/endpoint.decorator.js';
import { ClientAddress } from '../platform/http/request.decorators.js';
import { TokenDto, TokenForm } from './dto/token.dto.js';
import { NO_STORE } from './no-store.js';
import { TokenGrant } from './token-grant.service.js';

@ApiTags('Auth')
@Controller('auth')
export class TokenController {
  constructor(private readonly tokenGrant: TokenGrant) {}

  @Endpoint('POST', 'token', {
    access: 'public',
    summary: 'Sign in as an OAuth2 client does',
    description:
      'The token endpoint of OAuth2: what the Authorize dialog of these pages uses. Both representations answer the same, errors as RFC 6749 has them.',
    body: { plain: TokenForm, enveloped: TokenForm },
    consumes: ['application/x-www-form-urlencoded'],
    answer: TokenDto,
    neverEnveloped: true,
    errors: 'oauth2',
    refusals: ['guessing', 'upstream'],
  })
  @Header(...NO_STORE)
  @Header('Pragma', 'no-cache')
  issueToken(@Body() form: unknown, @ClientAddress() address: string): Promise<TokenDto> {
    return this.tokenGrant.grant(form, address);
  }
}
