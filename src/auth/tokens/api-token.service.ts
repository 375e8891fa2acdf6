import { Injectable } from '@nestjs/common';
import jwt from 'jsonwebtoken';
import { TokenConfig } from '../../platform/config/config.js';
import { internal } from '../../platform/errors/errors.js';

/** Whom an access token of the API's own is for. */
export interface ApiTokenSubject {
  userId: string;
  email: string | null;
  /** Supabase's session behind it: what signs that one out signs this token out. */
  sessionId: string;
}

/** Signs the API's own access tokens, where `API_SECRET_KEY` is set. */
@Injectable()
export class ApiTokens {
  constructor(private readonly config: TokenConfig) {}

  /** Whether sign-in answers with the API's own tokens. */
  get inUse(): boolean {
    return this.config.apiSecretKey !== undefined;
  }

  /** How long a token lives, in seconds. */
  get lifetime(): number {
    return this.config.accessTokenSeconds;
  }

  /** An HS256 token with `sub`, `email`, `sid`, `iat` and `exp`. */
  sign({ userId, email, sessionId }: ApiTokenSubject): string {
    const { apiSecretKey, accessTokenSeconds } = this.config;
    if (apiSecretKey === undefined) throw internal(new Error('there is no API_SECRET_KEY'));
    return jwt.sign({ sub: userId, email, sid: sessionId }, apiSecretKey, {
      algorithm: 'HS256',
      expiresIn: accessTokenSeconds,
    });
  }
}
