import { applyDecorators } from '@nestjs/common';
import { ApiProperty, ApiPropertyOptional } from '@nestjs/swagger';
import { IsFQDN, IsNotEmpty, IsString, Matches, MaxLength } from 'class-validator';
import { MayBeAbsent } from '../../platform/http/absent.decorator.js';

const PROVIDER = {
  pattern: '^[a-z0-9][a-z0-9_:-]{0,63}$',
  example: 'github',
  description: "The provider, by Supabase's name for it.",
};

/** A provider by its name: which there are, and which of them are enabled, is Supabase's to say. */
const Provider = (): PropertyDecorator =>
  applyDecorators(
    ApiProperty(PROVIDER),
    Matches(new RegExp(PROVIDER.pattern), { message: '$property is not the name of a provider' }),
  );

const REDIRECT_URL = {
  format: 'uri',
  maxLength: 2_048,
  example: 'https://app.example.com/signed-in',
  description:
    'Where the browser goes in the end, with the tokens in the fragment. One of those that `REDIRECT_URLS` allows.',
};
const RedirectUrl = (): PropertyDecorator =>
  applyDecorators(ApiProperty(REDIRECT_URL), MaxLength(2_048), IsNotEmpty(), IsString());

export class ProviderParam {
  @Provider()
  provider!: string;
}

export class ProviderToLinkParam {
  @Provider()
  id!: string;
}

export class OauthQuery {
  @ApiPropertyOptional({
    ...REDIRECT_URL,
    description: `${REDIRECT_URL.description} Without it, the callback answers with the sign-in.`,
  })
  @MayBeAbsent()
  @MaxLength(2_048)
  @IsNotEmpty()
  @IsString()
  redirect_url?: string;
}

export class LinkIdentityBody {
  @RedirectUrl()
  redirect_url!: string;
}

export class SsoBody {
  @ApiProperty({
    maxLength: 253,
    example: 'example.com',
    description: 'The domain of the e-mail addresses that sign in so.',
  })
  @MaxLength(253)
  @IsFQDN()
  domain!: string;

  @RedirectUrl()
  redirect_url!: string;
}

export class IdTokenBody {
  @Provider()
  provider!: string;

  @ApiProperty({
    maxLength: 16_384,
    example: 'eyJhbGciOiJSUzI1NiIs…',
    description: 'The ID token that the provider has given to your app.',
  })
  @MaxLength(16_384)
  @IsNotEmpty()
  @IsString()
  id_token!: string;

  @ApiPropertyOptional({
    maxLength: 1_024,
    example: 'n-0S6_WzA2Mj',
    description: 'The nonce the ID token was asked for with, not hashed, if there was one.',
  })
  @MayBeAbsent()
  @MaxLength(1_024)
  @IsString()
  nonce?: string;
}

const URL_OF_OTHER_SITE = {
  format: 'uri',
  example:
    'https://abc.supabase.co/auth/v1/authorize?provider=github&redirect_to=https%3A%2F%2Fapi.example.com%2Fapi%2Fauth%2Fcallback',
  description: 'Where the browser has to go now.',
};

export class ProviderRedirectDto {
  @ApiProperty({ example: 'github', description: 'The provider.' })
  provider!: string;

  @ApiProperty(URL_OF_OTHER_SITE)
  url!: string;
}

export class SsoRedirectDto {
  @ApiProperty({ ...URL_OF_OTHER_SITE, example: 'https://idp.example.com/saml?SAMLRequest=fZJNb9swDIb' })
  url!: string;
}
