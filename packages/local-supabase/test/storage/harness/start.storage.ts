import { randomUUID } from 'node:crypto';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createClient, type SupabaseClient } from '@supabase/supabase-js';
import Fastify, { type FastifyInstance } from 'fastify';
import type { ConfigTree, Context, Part } from '../../../src/context.ts';
import { storagePart } from '../../../src/storage/part.ts';
import { testDatabase, type TestDatabase } from './test.database.ts';
import { testKeys } from './test.keys.ts';

/** The part over HTTP on a database and a folder of its own. */
export interface RunningStorage {
  /** Where a Supabase would be: `/storage/v1` is below it. */
  readonly url: string;
  readonly context: Context;
  readonly part: Part;
  readonly folder: string;
  readonly workdir: string;
  readonly database: TestDatabase;
  /** Clients as an application makes them. */
  client(key: string): SupabaseClient;
  /** A token of a signed-in user. */
  userToken(sub: string): Promise<string>;
  stop(): Promise<void>;
}

export interface StorageTestOptions {
  readonly config?: ConfigTree;
  /** Runs on the database before the part starts, like a project's earlier state. */
  readonly sql?: string;
  readonly database?: TestDatabase;
  readonly workdir?: string;
}

export async function startStorage(options: StorageTestOptions = {}): Promise<RunningStorage> {
  const database = options.database ?? (await testDatabase());
  const workdir = options.workdir ?? (await mkdtemp(join(tmpdir(), 'storage-test-')));
  const keys = await testKeys();
  const app: FastifyInstance = Fastify({ routerOptions: { maxParamLength: 5000 } });
  const context: Context = {
    config: options.config ?? {},
    workdir,
    url: 'http://127.0.0.1',
    database,
    keys,
    mailer: { send: () => Promise.resolve() },
  };
  const part = storagePart(context);
  await part.migrate?.();
  if (options.sql) await database.pool.query(options.sql);
  await app.register(part.routes, { prefix: part.prefix });
  const url = await app.listen({ host: '127.0.0.1', port: 0 });
  return {
    url,
    context,
    part,
    workdir,
    folder: join(workdir, '.supabase', 'storage'),
    database,
    client: (key) => createClient(url, key, { auth: { persistSession: false, autoRefreshToken: false } }),
    userToken: (sub) =>
      keys.sign({ sub, role: 'authenticated', aud: 'authenticated', session_id: randomUUID() }),
    stop: async () => {
      await app.close();
      await part.close?.();
      if (!options.database) await database.drop();
      if (!options.workdir) await rm(workdir, { recursive: true, force: true });
    },
  };
}
