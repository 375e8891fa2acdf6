import { existsSync } from 'node:fs';
import { readFile, readdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { Edition } from './edition.ts';

/** In a cluster that PostGIS may have left its types in. */
const MARK = 'local-supabase-postgis';
const ASKS = /\bpostgis\b/i;

/** True when a migration or seed of the project speaks of PostGIS, which takes a larger Postgres that starts slower. */
export async function asksForPostgis(workdir: string): Promise<boolean> {
  const root = join(workdir, 'supabase');
  const migrations = await readdir(join(root, 'migrations')).catch(() => []);
  const files = migrations.filter((name) => name.endsWith('.sql')).map((name) => join('migrations', name));
  const texts = await Promise.all(
    [...files, 'seed.sql'].map((file) => readFile(join(root, file), 'utf8').catch(() => '')),
  );
  return texts.some((text) => ASKS.test(text));
}

/** A cluster that has once had PostGIS keeps it. */
export function editionOf(cluster: string, asked: boolean): Edition {
  return asked || existsSync(join(cluster, MARK)) ? 'postgis' : 'plain';
}

export async function rememberEdition(cluster: string, edition: Edition): Promise<void> {
  if (edition === 'postgis') await writeFile(join(cluster, MARK), '');
}
