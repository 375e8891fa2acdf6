import { createRequire } from 'node:module';
import { existsSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { bootstrapSql, bootstrapVersion } from '../database/bootstrap.ts';
import { copyInto } from './data.folder.ts';
import { Engine } from './engine.ts';
import { askDirectly } from './ask.ts';

/** The superuser and all local roles have this password, as under the Supabase CLI. */
export const LOCAL_PASSWORD = 'postgres';

/**
 * A cluster that has been initialised and made a Supabase one, kept to be copied: `initdb` takes seconds, a copy a
 * fraction of one. It is named after everything that goes into it.
 */
export async function templateCluster(): Promise<string> {
  const path = join(cacheFolder(), `pgdata-${pgliteVersion()}-${bootstrapVersion(LOCAL_PASSWORD)}`);
  if (existsSync(join(path, 'PG_VERSION'))) return path;
  const draft = await mkdtemp(join(tmpdir(), 'local-supabase-template-'));
  try {
    const cluster = join(draft, 'pgdata');
    const engine = new Engine(cluster);
    await engine.start();
    await askDirectly(engine, `alter role postgres with password '${LOCAL_PASSWORD}'`);
    await askDirectly(engine, bootstrapSql(LOCAL_PASSWORD));
    await askDirectly(engine, 'checkpoint');
    await engine.close();
    await copyInto(cluster, path).catch((error: unknown) => {
      // Another process was faster, with the same result.
      if (!existsSync(join(path, 'PG_VERSION'))) throw error;
    });
  } finally {
    await rm(draft, { recursive: true, force: true });
  }
  return path;
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
