import { createHash } from 'node:crypto';
import { createRequire } from 'node:module';
import { existsSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { bootstrapSql, bootstrapVersion } from '../database/bootstrap.ts';
import { connect } from '../database/connect.ts';
import { applySchema, markOf } from '../database/schema.script.ts';
import { schemas } from '../schemas.ts';
import { WireServer } from '../wire/wire.server.ts';
import { copyInto } from './data.folder.ts';
import { Engine } from './engine.ts';
import { askDirectly } from './ask.ts';

/** The superuser and all local roles have this password, as under the Supabase CLI. */
export const LOCAL_PASSWORD = 'postgres';

/**
 * A cluster that has been initialised and made a Supabase one, with the schemas of all parts, kept to be copied: making it
 * takes seconds, a copy a fraction of one. It is named after everything that goes into it.
 */
export async function templateCluster(): Promise<string> {
  const path = join(cacheFolder(), `pgdata-${pgliteVersion()}-${scriptsVersion()}`);
  if (existsSync(join(path, 'PG_VERSION'))) return path;
  const draft = await mkdtemp(join(tmpdir(), 'local-supabase-template-'));
  try {
    const cluster = join(draft, 'pgdata');
    await makeCluster(cluster);
    await copyInto(cluster, path).catch((error: unknown) => {
      // Another process was faster, with the same result.
      if (!existsSync(join(path, 'PG_VERSION'))) throw error;
    });
  } finally {
    await rm(draft, { recursive: true, force: true });
  }
  return path;
}

async function makeCluster(folder: string): Promise<void> {
  const engine = new Engine(folder);
  const server = new WireServer(engine);
  try {
    await engine.start();
    await askDirectly(engine, `alter role postgres with password '${LOCAL_PASSWORD}'`);
    await askDirectly(engine, bootstrapSql(LOCAL_PASSWORD));
    const database = connect(localUrl(await server.listen(0)));
    try {
      for (const script of schemas()) await applySchema(database, script);
      await database.pool.query('checkpoint');
    } finally {
      await database.end();
    }
  } finally {
    await server.close();
    await engine.close();
  }
}

/** Where a Postgres of ours is reached by its superuser. */
export function localUrl(port: number): string {
  return `postgresql://postgres:${LOCAL_PASSWORD}@127.0.0.1:${port}/postgres`;
}

function scriptsVersion(): string {
  const marks = [bootstrapVersion(LOCAL_PASSWORD), ...schemas().map(markOf)];
  return createHash('sha256').update(marks.join()).digest('hex').slice(0, 16);
}

function cacheFolder(): string {
  const own = fileURLToPath(new URL('../../node_modules/.cache/', import.meta.url));
  const shared = fileURLToPath(new URL('../../../../node_modules/.cache/', import.meta.url));
  const parent = fileURLToPath(new URL('../../../../node_modules/', import.meta.url));
  return join(existsSync(parent) ? shared : own, 'local-supabase');
}

function pgliteVersion(): string {
  const entry = createRequire(import.meta.url).resolve('@electric-sql/pglite');
  const manifest = entry.replace(/dist[/\\].*$/, 'package.json');
  return (createRequire(import.meta.url)(manifest) as { version: string }).version;
}
