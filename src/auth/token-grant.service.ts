import { Injectable } from '@nestjs/common';
import { isEmail } from 'class-validator';
import { AppError } from '../platform/errors/app-error.js';
import { UNSUPPORTED_GRANT } from '../platform/errors/render-oauth-error.js';
import { invalid } from '../platform/errors/errors.js';
import { validateInput } from '../platform/http/validate-input.js';
import { badCredentials } from '../supabase/upstream-error.js';
import { TokenForm, type TokenDto } from './dto/token.dto.js';
import type { SignedIn } from './sessions/sign-in.types.js';
import { TokenIssuer } from './sessions/token-issuer.service.js';
import { SignIn } from './sign-in.service.js';

/** Parameters we read; others (client_id, scope, …) are ignored, as OAuth2 wants it. */
const KNOWN = ['grant_type', 'username', 'password', 'refresh_token'] as const;

/** Signing in as an OAuth2 client does. */
@Injectable()
export class TokenGrant {
  constructor(
    private readonly signIn: SignIn,
    private readonly issuer: TokenIssuer,
  ) {}

  /** @throws AppError `validation` and `authentication`, which go out as OAuth2's own errors */
  async grant(body: unknown, address: string): Promise<TokenDto> {
    const { accessToken, refreshToken, expiresIn } = await this.signedIn(parseForm(body), address);
    return {
      access_token: accessToken,
      token_type: 'bearer',
      expires_in: expiresIn,
      refresh_token: refreshToken,
    };
  }

  private async signedIn(form: TokenForm, address: string): Promise<SignedIn> {
    if (form.grant_type === 'refresh_token') return this.issuer.refresh(form.refresh_token, address);
    if (!isEmail(form.username)) throw badCredentials();
    return this.signIn.signIn({ email: form.username, password: form.password }, address);
  }
}

function parseForm(body: unknown): TokenForm {
  const form = (body ?? {}) as Record<string, unknown>;
  if (form.grant_type === undefined || form.grant_type === '') throw invalid('grant_type is missing');
  if (form.grant_type !== 'password' && form.grant_type !== 'refresh_token') {
    throw new AppError('validation', UNSUPPORTED_GRANT, 'grant_type must be password or refresh_token');
  }
  return validateInput(TokenForm, Object.fromEntries(KNOWN.map((name) => [name, form[name]])));
}
