import { Injectable, Logger } from '@nestjs/common';
import { AppError } from '../../platform/errors/app-error.js';
import { unavailable } from '../../platform/errors/errors.js';
import type { Identity } from '../../platform/http/actor.js';
import type { Representation } from '../../platform/http/representation.js';
import { SupabaseAuth } from '../../supabase/supabase-auth.service.js';
import type { SignOutScope } from '../../supabase/supabase.types.js';
import { TokenCache } from '../tokens/token-cache.service.js';
import { RefreshFamilies } from './refresh-families.repository.js';
import { SessionsRepository, type SessionOfUser } from './sessions.repository.js';
import { SupabaseSession } from './supabase-session.service.js';

/** How a sign-out was asked for. */
export interface SignOutRequest {
  scope: SignOutScope;
  representation: Representation;
  address: string;
}

/** Ends sessions: here first, so that every replica refuses them whatever becomes of Supabase. */
@Injectable()
export class SignOut {
  private readonly logger = new Logger(SignOut.name);

  constructor(
    private readonly sessions: SessionsRepository,
    private readonly families: RefreshFamilies,
    private readonly cache: TokenCache,
    private readonly supabaseSession: SupabaseSession,
    private readonly supabase: SupabaseAuth,
  ) {}

  /**
   * Signs out. The enveloped representation answers success even when Supabase fails (so its source document wants
   * it); the plain one tells.
   * @throws AppError `unavailable` when Supabase fails; the sessions are refused here nevertheless
   */
  async signOut(identity: Identity, { scope, representation, address }: SignOutRequest): Promise<void> {
    const sessionIds = await this.refuse(identity, scope);
    const ended = await this.endAtSupabase(sessionIds, identity.userId, async () => {
      const authToken = await this.supabaseSession.accessTokenOf(identity);
      await this.supabase.signOut({ authToken, scope, address });
    });
    this.logger.log({ msg: 'signed out', user_id: identity.userId, scope });
    if (!ended && representation === 'plain') throw unavailable();
  }

  /** Ends one session of which a refresh token was used twice: whoever has it may be a thief. */
  async endStolen(session: SessionOfUser & { sessionId: string }): Promise<void> {
    const { sessionId, userId } = session;
    this.logger.warn({ msg: 'a refresh token was used twice; its session is ended', user_id: userId });
    await this.endAtSupabase(await this.refuse(session, 'local'), userId, async () => {
      const { access_token: authToken } = await this.supabaseSession.renew(sessionId);
      await this.supabase.signOut({ authToken });
    });
  }

  private async refuse(session: SessionOfUser, scope: SignOutScope): Promise<string[]> {
    const sessionIds = await this.sessions.revoke(session, scope);
    const { userId, sessionId } = session;
    if (scope === 'local') this.cache.forget({ userId, sessionId });
    else this.cache.forget({ userId, ...(scope === 'others' ? { except: sessionId } : {}) });
    return sessionIds;
  }

  /** Has Supabase end them, and forgets what is kept of them. False when Supabase has not. */
  private async endAtSupabase(
    sessionIds: readonly string[],
    userId: string,
    end: () => Promise<void>,
  ): Promise<boolean> {
    try {
      await end();
    } catch (error) {
      // When the token is dead there is nothing left to be ended.
      if (!(error instanceof AppError) || error.kind !== 'authentication') {
        this.logger.warn({ msg: 'sign-out failed at Supabase', user_id: userId, err: error });
      }
    }
    await this.forget(sessionIds);
    return this.sessions.settle(sessionIds);
  }

  private async forget(sessionIds: readonly string[]): Promise<void> {
    if (sessionIds.length === 0) return;
    await Promise.all([this.supabaseSession.forget(sessionIds), this.families.end(sessionIds)]);
  }
}
