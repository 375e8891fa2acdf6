import { Injectable } from '@nestjs/common';
import jwt from 'jsonwebtoken';
import { AppError } from '../../platform/errors/app-error.js';
import type { Identity } from '../../platform/http/actor.js';
import { SupabaseAuth } from '../../supabase/supabase-auth.service.js';
import type { SupabaseTokens } from '../../supabase/supabase.types.js';
import { signedOut } from '../../supabase/upstream-error.js';
import { CredentialsStore, type Credentials } from '../credentials/credentials.types.js';

/** An access token with less time left than this is not sent to Supabase any more. */
const MARGIN_SECONDS = 30;

/** What a request acts with at Supabase: whoever calls there for a user asks here for the token. */
@Injectable()
export class SupabaseSession {
  /** The refreshes under way, by session: whoever else needs one waits for it. */
  private readonly renewals = new Map<string, Promise<SupabaseTokens>>();
  /** The replacements of expired access tokens under way, by session. */
  private readonly replacements = new Map<string, Promise<string>>();

  constructor(
    private readonly store: CredentialsStore,
    private readonly supabase: SupabaseAuth,
  ) {}

  /**
   * The Supabase access token of an identity: its own, or that of the stored session behind a token of the API's own,
   * refreshed if need be.
   * @throws AppError `authentication` when there is no such session any more
   */
  async accessTokenOf(identity: Identity): Promise<string> {
    if (identity.issuer === 'supabase') return identity.token;
    const sessionId = identity.sessionId ?? '';
    const accessToken = await this.stored(sessionId);
    return accessToken ?? once(this.replacements, sessionId, () => this.replace(sessionId));
  }

  /** Keeps a session that was just signed in. */
  async keep(sessionId: string, tokens: SupabaseTokens): Promise<void> {
    await this.store.set(sessionId, credentialsOf(tokens));
  }

  /**
   * Refreshes a stored session: once for all who ask for it at the same time in this process. Two replicas may do it
   * at once: within its reuse interval Supabase gives both the same new session.
   * @throws AppError `authentication` when Supabase has ended it; what was stored is gone then
   */
  renew(sessionId: string): Promise<SupabaseTokens> {
    return once(this.renewals, sessionId, () => this.refresh(sessionId));
  }

  /** Forgets stored sessions that were signed out. */
  async forget(sessionIds: readonly string[]): Promise<void> {
    await Promise.all(sessionIds.map((id) => this.store.delete(id)));
  }

  /** The stored access token; null when its time is up. */
  private async stored(sessionId: string): Promise<string | null> {
    const credentials = await this.store.get(sessionId);
    if (!credentials) throw signedOut();
    return secondsLeft(credentials.accessToken) > MARGIN_SECONDS ? credentials.accessToken : null;
  }

  /** Looks again first: who comes a moment after a refresh has seen the token from before it. */
  private async replace(sessionId: string): Promise<string> {
    return (await this.stored(sessionId)) ?? (await this.renew(sessionId)).access_token;
  }

  private async refresh(sessionId: string): Promise<SupabaseTokens> {
    let credentials = await this.store.get(sessionId);
    while (credentials) {
      const { refreshToken }: Credentials = credentials;
      try {
        const tokens = await this.supabase.refreshSession({ refreshToken });
        await this.store.set(sessionId, credentialsOf(tokens));
        return tokens;
      } catch (error) {
        if (!(error instanceof AppError) || error.kind !== 'authentication') throw error;
        // Another replica may have refreshed it long enough ago for Supabase to call ours dead.
        credentials = await this.store.get(sessionId);
        if (credentials?.refreshToken !== refreshToken) continue;
        await this.store.delete(sessionId);
        break;
      }
    }
    throw signedOut();
  }
}

/** Runs `work` for a key unless it runs already; then its result is everybody's. */
function once<T>(underWay: Map<string, Promise<T>>, key: string, work: () => Promise<T>): Promise<T> {
  const running = underWay.get(key);
  if (running) return running;
  const started = work().finally(() => underWay.delete(key));
  underWay.set(key, started);
  return started;
}

const credentialsOf = (tokens: SupabaseTokens): Credentials => ({
  accessToken: tokens.access_token,
  refreshToken: tokens.refresh_token,
});

/** By its own expiry; our clock and Supabase's are expected to agree within the margin. */
function secondsLeft(accessToken: string): number {
  const exp = jwt.decode(accessToken, { json: true })?.exp ?? 0;
  return exp - Date.now() / 1_000;
}
