import { createHash } from 'node:crypto';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';

/** Where stored files are kept; `close` deletes what was only meant for this process. */
export interface FilesFolder {
  readonly path: string;
  close(): Promise<void>;
}

/**
 * The folder of stored files. Rows name the files, so each database has a folder of its own: beside the data of the
 * Postgres that comes along, otherwise under a name made of the database's address.
 * @param postgresFolder - of the Postgres that comes along
 * @param dataDir - where data is kept; undefined when nothing is to stay
 */
export async function openFilesFolder(
  postgresFolder: string | undefined,
  databaseUrl: string,
  dataDir: string | undefined,
): Promise<FilesFolder> {
  const stays = (path: string): FilesFolder => ({ path, close: () => Promise.resolve() });
  if (postgresFolder !== undefined) return stays(join(postgresFolder, 'storage'));
  if (dataDir !== undefined) {
    const name = createHash('sha256').update(databaseUrl).digest('hex').slice(0, 12);
    return stays(resolve(dataDir, `storage-${name}`));
  }
  const path = await mkdtemp(join(tmpdir(), 'local-supabase-files-'));
  return { path, close: () => rm(path, { recursive: true, force: true }) };
}
