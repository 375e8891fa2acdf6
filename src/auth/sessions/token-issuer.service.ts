import { Injectable, Logger } from '@nestjs/common';
import jwt from 'jsonwebtoken';
import { unavailable } from '../../platform/errors/errors.js';
import { TokenConfig } from '../../platform/config/config.js';
import type { SupabaseTokens } from '../../supabase/supabase.types.js';
import { deadRefreshToken } from '../../supabase/upstream-error.js';
import { SupabaseAuth } from '../../supabase/supabase-auth.service.js';
import { AppError } from '../../platform/errors/app-error.js';
import { ApiTokens } from '../tokens/api-token.service.js';
import { deriveKey } from '../tokens/derive-key.js';
import { RefreshTokenCodec } from '../tokens/refresh-token.js';
import { RefreshFamilies } from './refresh-families.repository.js';
import type { SignedIn } from './sign-in.types.js';
import { SignOut } from './sign-out.service.js';
import { SupabaseSession } from './supabase-session.service.js';

/**
 * Turns Supabase's sessions into what clients get. Without `API_SECRET_KEY` those are Supabase's own tokens; with it,
 * tokens of ours, and neither of Supabase's ever leaves the server (its refresh token, too, would open a way around
 * the quotas).
 */
@Injectable()
export class TokenIssuer {
  private readonly logger = new Logger(TokenIssuer.name);
  private readonly codec: RefreshTokenCodec | undefined;

  constructor(
    { apiSecretKey }: TokenConfig,
    private readonly apiTokens: ApiTokens,
    private readonly supabaseSession: SupabaseSession,
    private readonly families: RefreshFamilies,
    private readonly signOut: SignOut,
    private readonly supabase: SupabaseAuth,
  ) {
    if (apiSecretKey !== undefined) {
      this.codec = new RefreshTokenCodec(deriveKey(apiSecretKey, 'refresh tokens'));
    }
  }

  /** The answer to a sign-in that Supabase has accepted. */
  async issue(tokens: SupabaseTokens): Promise<SignedIn> {
    this.logger.log({ msg: 'signed in', user_id: tokens.user.id });
    if (!this.codec) return ofSupabase(tokens);
    const sessionId = sessionIdOf(tokens);
    const [generation] = await Promise.all([
      this.families.start(sessionId, tokens.user.id),
      this.supabaseSession.keep(sessionId, tokens),
    ]);
    return this.ofOurOwn(tokens, this.codec.encode({ sessionId, generation }));
  }

  /**
   * A new pair of tokens for a refresh token.
   * @throws AppError `authentication` when it is dead; one that was used before ends its session
   */
  async refresh(refreshToken: string, address: string): Promise<SignedIn> {
    if (!this.codec) return ofSupabase(await this.supabase.refreshSession({ refreshToken, address }));
    const token = this.codec.decode(refreshToken);
    if (!token) throw deadRefreshToken();
    const { sessionId, generation } = token;

    const state = await this.families.stateOf(token);
    if (state === 'reused') await this.endStolen(sessionId);
    if (state === 'reused' || state === 'gone') throw deadRefreshToken();

    // Supabase first: while it is down, the client's token stays good.
    const tokens = await this.renew(sessionId);
    if (state === 'present' && !(await this.families.advance(token))) {
      if ((await this.families.stateOf(token)) !== 'just_used') throw deadRefreshToken();
    }
    return this.ofOurOwn(tokens, this.codec.encode({ sessionId, generation: generation + 1 }));
  }

  private ofOurOwn(tokens: SupabaseTokens, refreshToken: string): SignedIn {
    const { user } = tokens;
    const email = user.email === undefined || user.email === '' ? null : user.email;
    return {
      accessToken: this.apiTokens.sign({ userId: user.id, email, sessionId: sessionIdOf(tokens) }),
      refreshToken,
      expiresIn: this.apiTokens.lifetime,
      user,
    };
  }

  private async renew(sessionId: string): Promise<SupabaseTokens> {
    try {
      return await this.supabaseSession.renew(sessionId);
    } catch (error) {
      if (!(error instanceof AppError) || error.kind !== 'authentication') throw error;
      await this.families.end([sessionId]);
      throw deadRefreshToken(error);
    }
  }

  private async endStolen(sessionId: string): Promise<void> {
    const userId = await this.families.ownerOf(sessionId);
    if (userId !== null) await this.signOut.endStolen({ userId, sessionId });
  }
}

const ofSupabase = (tokens: SupabaseTokens): SignedIn => ({
  accessToken: tokens.access_token,
  refreshToken: tokens.refresh_token,
  expiresIn: tokens.expires_in,
  user: tokens.user,
});

/** Supabase names the session in its access token only. */
function sessionIdOf({ access_token }: SupabaseTokens): string {
  const sessionId: unknown = jwt.decode(access_token, { json: true })?.session_id;
  if (typeof sessionId === 'string') return sessionId;
  throw unavailable(undefined, { cause: new Error("Supabase's token names no session") });
}
