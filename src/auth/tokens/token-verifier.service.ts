import { Injectable, Logger } from '@nestjs/common';
import jwt from 'jsonwebtoken';
import passport from 'passport';
import { SupabaseConfig, TokenConfig } from '../../platform/config/config.js';
import { AppError } from '../../platform/errors/app-error.js';
import { internal } from '../../platform/errors/errors.js';
import type { Identity } from '../../platform/http/actor.js';
import { SigningKeys } from './signing-keys.js';
import { acceptApiTokens, acceptSharedSecret, acceptSigningKeys, type TokenBearer } from './strategies.js';

const AUDIENCE = 'authenticated';
const KEY_SET_TIMEOUT_MS = 5_000;

/**
 * Verifies tokens of every kind that is configured. The passport is this application's own: the library's shared one
 * would mix up two applications in one process.
 */
@Injectable()
export class TokenVerifier {
  private readonly logger = new Logger(TokenVerifier.name);
  private toldOfIssuer = false;
  private readonly passport = new passport.Passport();
  private readonly kinds: string[] = [];

  constructor(
    private readonly supabase: SupabaseConfig,
    tokens: TokenConfig,
  ) {
    const issued = { audience: AUDIENCE, issuer: supabase.jwtIssuer };
    const keys = new SigningKeys({
      jwksUri: `${supabase.url}/auth/v1/.well-known/jwks.json`,
      timeoutMs: Math.min(supabase.timeoutMs, KEY_SET_TIMEOUT_MS),
    });
    if (tokens.apiSecretKey !== undefined) {
      this.kinds.push(acceptApiTokens(this.passport, tokens.apiSecretKey));
    }
    if (supabase.jwtSecret !== undefined) {
      this.kinds.push(acceptSharedSecret(this.passport, supabase.jwtSecret, issued));
    }
    this.kinds.push(acceptSigningKeys(this.passport, keys, issued));
  }

  /**
   * Whom a token is for; null when it is not valid.
   * @throws AppError `unavailable` when Supabase's keys are needed to tell and cannot be fetched
   */
  verify(token: string): Promise<Identity | null> {
    return new Promise((resolve, reject) => {
      const bearer: TokenBearer = { token };
      const settle = (error: unknown, identity: Identity | false | null, reasons: unknown): void => {
        const outage = [reasons].flat().find((reason) => reason instanceof AppError);
        if (identity) resolve(identity);
        else if (outage) reject(outage);
        else if (error !== null) reject(internal(error));
        else {
          if ([reasons].flat().some(isOtherIssuer)) this.tellOfIssuer(token);
          resolve(null);
        }
      };
      const authenticate = this.passport.authenticate(this.kinds, { session: false }, settle) as Authenticate;
      authenticate(bearer, {}, reject);
    });
  }

  /** Everybody is refused then, and nobody else knows why. Once: it does not change while the process runs. */
  private tellOfIssuer(token: string): void {
    if (this.toldOfIssuer) return;
    this.toldOfIssuer = true;
    const issuer = JSON.stringify(jwt.decode(token, { json: true })?.iss);
    this.logger.error(
      `Supabase has signed a token of the issuer ${issuer}, and ${this.supabase.jwtIssuer} is expected: ` +
        'set SUPABASE_JWT_ISSUER if that is yours.',
    );
  }
}

/** The library looks at the issuer last, once signature, time and audience are right. */
const isOtherIssuer = (reason: unknown): boolean =>
  reason instanceof Error && reason.message.startsWith('jwt issuer invalid');

/** The library takes whatever its strategies understand for a request, and the response is not used here. */
type Authenticate = (request: TokenBearer, response: object, next: (error: unknown) => void) => void;
