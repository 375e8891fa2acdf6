import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { CleanupService } from '../../src/auth/cleanup/cleanup.service.ts';
import type { AuthConfig } from '../../src/auth/config/auth-config.ts';
import { connect } from '../../src/database/connect.ts';
import { openPool } from './harness.ts';
import { startLocalSupabase, type LocalSupabase } from '../harness/worker.ts';
import { tmpdir } from 'node:os';

let supabase: LocalSupabase;

beforeAll(async () => {
  supabase = await startLocalSupabase({
    workdir: tmpdir(),
    memory: true,
    quiet: true,
    ports: { api: 0, db: 0, inbox: 0 },
  });
});
afterAll(() => supabase.close());

/** Hours after which rows of each kind are gone, and one row made so many hours ago. */
const ROWS: [table: string, hours: number, insert: string][] = [
  ['flow_state', 24, `(id, provider_type, authentication_method, created_at) values ($1, 'a', 'oauth', $2)`],
  ['oauth_client_states', 24, `(id, provider_type, created_at) values ($1, 'x', $2)`],
  [
    'mfa_factors',
    24,
    `(id, user_id, factor_type, status, created_at, updated_at)
     select $1, id, 'totp', 'unverified', $2, $2 from auth.users`,
  ],
  ['sessions', 25, `(id, user_id, created_at) select $1, id, $2 from auth.users`],
];

describe('what has expired', () => {
  it('is deleted a day later, and nothing else', async () => {
    const database = connect(supabase.postgresUrl);
    const pool = openPool(supabase);
    const config = { sessions: { timebox: 3_600_000, inactivityTimeout: 7_200_000 } } as AuthConfig;
    try {
      await pool.query('insert into auth.users (id) values ($1)', [randomUUID()]);
      const kept: [string, string][] = [];
      for (const [table, hours, insert] of ROWS) {
        for (const late of [-0.1, 0.1]) {
          const id = randomUUID();
          const at = new Date(Date.now() - (hours + late) * 3_600_000);
          await pool.query(`insert into auth.${table} ${insert}`, [id, at]);
          if (late < 0) kept.push([table, id]);
        }
      }
      const cleanup = new CleanupService(config, database);
      expect(await cleanup.clean()).toBe(ROWS.length);
      expect(await cleanup.clean()).toBe(0);
      for (const [table, id] of kept) {
        expect((await pool.query(`select id from auth.${table}`)).rows).toEqual([{ id }]);
      }
    } finally {
      await pool.end();
      await database.end();
    }
  });
});
