import { tmpdir } from 'node:os';
import fastify from 'fastify';
import { parse } from 'smol-toml';
import { authPart } from '../../src/auth/part.ts';
import type { Context, Mail } from '../../src/context.ts';
import { connect } from '../../src/database/connect.ts';
import { startLocalSupabase, type LocalSupabase } from '../harness/worker.ts';
import { loadKeyRing } from '../../src/keys/key.ring.ts';
import { harnessAt, openPool, withFastPasswords, type Harness } from './harness.ts';
import { collectedMail } from './mail-box.ts';

/** The auth service in many configurations, one after the other, on one database. */
export interface Variants {
  /** The service with `[auth]` as given, and no users. */
  start: (toml?: string) => Promise<Harness>;
  close: () => Promise<void>;
}

/** Starts the database once: only the service differs between variants. */
export async function startVariants(): Promise<Variants> {
  const supabase = await startLocalSupabase({
    workdir: tmpdir(),
    memory: true,
    quiet: true,
    ports: { api: 0, db: 0, inbox: 0 },
  });
  return { start: (toml = '') => startVariant(supabase, toml), close: () => supabase.close() };
}

async function startVariant(supabase: LocalSupabase, toml: string): Promise<Harness> {
  const database = connect(supabase.postgresUrl);
  const pool = openPool(supabase);
  const app = fastify();
  const mails: Mail[] = [];
  const stop = async (): Promise<void> => {
    await app.close();
    await database.end();
    await pool.end();
  };
  try {
    await pool.query('truncate auth.users, auth.flow_state, auth.audit_log_entries cascade');
    const config = withFastPasswords(parse(toml));
    const context: Context = {
      config,
      workdir: tmpdir(),
      url: 'http://127.0.0.1',
      keys: await loadKeyRing(config, tmpdir()),
      database,
      mailer: {
        send: (mail) => {
          mails.push(mail);
          return Promise.resolve();
        },
      },
    };
    const part = authPart(context);
    await app.register(part.routes, { prefix: part.prefix });
    const url = await app.listen({ host: '127.0.0.1', port: 0 });
    return { ...harnessAt(url, supabase, pool, collectedMail(mails)), close: stop };
  } catch (error) {
    await stop();
    throw error;
  }
}
