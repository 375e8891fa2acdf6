import { Injectable } from '@nestjs/common';
import type { Actor, Identity } from '../platform/http/actor.js';
import type { Representation } from '../platform/http/representation.js';
import { SupabaseAuth } from '../supabase/supabase-auth.service.js';
import type { SupabaseIdentity, SupabaseUser } from '../supabase/supabase.types.js';
import type { AccountDto } from './dto/account.dto.js';
import type { EnvelopedSessionDto, SessionDto } from './dto/session.dto.js';
import { emailOf, presentUser } from './present-sign-in.js';
import { SupabaseSession } from './sessions/supabase-session.service.js';

/** What somebody can learn and say about themselves. All of it is asked of Supabase, with their own token. */
@Injectable()
export class CurrentUser {
  constructor(
    private readonly supabase: SupabaseAuth,
    private readonly supabaseSession: SupabaseSession,
  ) {}

  /** @throws AppError `authentication` when Supabase does not know the session any more */
  async get(identity: Identity, address: string): Promise<SupabaseUser> {
    const authToken = await this.supabaseSession.accessTokenOf(identity);
    return this.supabase.getSession({ authToken, address });
  }

  async session(
    identity: Identity,
    representation: Representation,
    address: string,
  ): Promise<SessionDto | EnvelopedSessionDto> {
    const user = presentUser(await this.get(identity, address), representation);
    return { user, session: { access_token: identity.token, token_type: 'bearer' } } as
      SessionDto | EnvelopedSessionDto;
  }

  /** The user with their number, roles and claims. The role of an administrator is the service's own. */
  async account(actor: Actor, identity: Identity, address: string): Promise<AccountDto> {
    const user = await this.get(identity, address);
    return {
      id: actor.id,
      username: actor.userId,
      email: emailOf(user),
      supabase_id: user.id,
      roles: [user.role ?? 'authenticated', ...(actor.role === 'admin' ? ['admin'] : [])],
      claims: identity.claims,
      supabase_data: user as unknown as Record<string, unknown>,
    };
  }

  /** Merges into the user's metadata. */
  async setData(identity: Identity, data: Record<string, unknown>, address: string): Promise<SupabaseUser> {
    const authToken = await this.supabaseSession.accessTokenOf(identity);
    return this.supabase.setSessionData({ authToken, data, address });
  }

  /** The ways they can sign in. */
  async identities(identity: Identity, address: string): Promise<SupabaseIdentity[]> {
    return (await this.get(identity, address)).identities ?? [];
  }

  /** Removes one of them, but not the last. */
  async unlink(identity: Identity, identityId: string, address: string): Promise<void> {
    const authToken = await this.supabaseSession.accessTokenOf(identity);
    await this.supabase.unlinkIdentity({ authToken, identityId, address });
  }
}
