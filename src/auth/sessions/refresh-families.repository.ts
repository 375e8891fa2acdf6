import { Injectable } from '@nestjs/common';
import { Database } from '../../platform/database/database.service.js';
import type { RefreshToken } from '../tokens/refresh-token.js';

/**
 * How a refresh token stands: the present one; the one before it, used a moment ago (a client that asked twice); one
 * that was used before that, so somebody else has it too; or one of a session that is no more.
 */
export type RefreshTokenState = 'present' | 'just_used' | 'reused' | 'gone';

/** How long the token before the present one is still taken: as long as Supabase does by default. */
const REUSE_INTERVAL_SECONDS = 10;

/** The present generation of each session's refresh tokens. */
@Injectable()
export class RefreshFamilies {
  constructor(private readonly database: Database) {}

  /** Starts a session's family, or goes on with it; the generation that is present now. */
  async start(sessionId: string, userId: string): Promise<number> {
    const rows = await this.database.query<{ generation: number }>(
      'refresh_family_start',
      `insert into supanest.refresh_families as f (session_id, user_id) values ($1, $2)
       on conflict (session_id) do update set generation = f.generation + 1, rotated_at = now()
       returning generation`,
      [sessionId, userId],
    );
    return rows[0]?.generation ?? 1;
  }

  async stateOf({ sessionId, generation }: RefreshToken): Promise<RefreshTokenState> {
    const [row] = await this.database.query<{ present: number; recently: boolean }>(
      'refresh_family_state',
      `select generation as present, rotated_at > now() - make_interval(secs => $2) as recently
       from supanest.refresh_families where session_id = $1`,
      [sessionId, REUSE_INTERVAL_SECONDS],
    );
    if (!row) return 'gone';
    if (row.present === generation) return 'present';
    return row.present === generation + 1 && row.recently ? 'just_used' : 'reused';
  }

  /** Uses up the present token. False when it is not the present one (any more). */
  async advance({ sessionId, generation }: RefreshToken): Promise<boolean> {
    const rows = await this.database.query(
      'refresh_family_advance',
      `update supanest.refresh_families set generation = generation + 1, rotated_at = now()
       where session_id = $1 and generation = $2 returning generation`,
      [sessionId, generation],
    );
    return rows.length === 1;
  }

  /** Whose session it is; null when it is no more. */
  async ownerOf(sessionId: string): Promise<string | null> {
    const [row] = await this.database.query<{ user_id: string }>(
      'refresh_family_owner',
      'select user_id from supanest.refresh_families where session_id = $1',
      [sessionId],
    );
    return row?.user_id ?? null;
  }

  async end(sessionIds: readonly string[]): Promise<void> {
    await this.database.query(
      'refresh_family_end',
      'delete from supanest.refresh_families where session_id = any ($1::uuid[])',
      [sessionIds],
    );
  }
}
