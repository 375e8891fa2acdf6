import { Injectable } from '@nestjs/common';
import { Database } from '../../platform/database/database.service.js';
import type { SignOutScope } from '../../supabase/supabase.types.js';

/** The sessions of one user, seen from one of them; null for a token that belongs to none. */
export interface SessionOfUser {
  userId: string;
  sessionId: string | null;
}

/** Which sessions a scope means. The own one is named, as Supabase may have ended it already. */
const OF_SCOPE: Readonly<Record<SignOutScope, string>> = {
  local: 'select $2::uuid as id where $2::uuid is not null',
  global: `select s.id from auth.sessions s where s.user_id = $1::uuid
           union select $2::uuid where $2::uuid is not null`,
  others: 'select s.id from auth.sessions s where s.user_id = $1::uuid and s.id is distinct from $2::uuid',
};

/** Sessions that were signed out through this API. Every replica asks for them when it admits a request. */
@Injectable()
export class SessionsRepository {
  constructor(private readonly database: Database) {}

  /**
   * Refuses the sessions from now on, whether or not Supabase ends them, until `settle` is called.
   * @returns their ids
   */
  async revoke({ userId, sessionId }: SessionOfUser, scope: SignOutScope): Promise<string[]> {
    const rows = await this.database.query<{ session_id: string }>(
      `sessions_revoke_${scope}`,
      `insert into supanest.revoked_sessions as r (session_id, user_id, expires_at)
       select o.id, $1::uuid, 'infinity' from (${OF_SCOPE[scope]}) o order by o.id
       on conflict (session_id) do update set expires_at = excluded.expires_at
       returning session_id`,
      [userId, sessionId],
    );
    return rows.map((row) => row.session_id);
  }

  /**
   * Looks whether Supabase has ended them, too. Those cannot come back, so their rows may go when they are next swept.
   * @returns whether that is all of them
   */
  async settle(sessionIds: readonly string[]): Promise<boolean> {
    const rows = await this.database.query(
      'sessions_settle',
      `update supanest.revoked_sessions r set expires_at = now()
       where session_id = any ($1::uuid[]) and not exists (select from auth.sessions s where s.id = r.session_id)
       returning session_id`,
      [sessionIds],
    );
    return rows.length === sessionIds.length;
  }
}
