import { readdir, rm, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { isUuid } from '../database/uuid.ts';
import type { FileStore } from './file.store.ts';
import { isMissing } from './missing.ts';

const BATCH = 1000;

/**
 * Deletes what a crash left: half-arrived files, and files that no row names (their row was never written, or is gone).
 * Runs before requests are taken, so nothing it sees is still being written.
 * @param known - of these versions, those that rows name
 * @param resumableAge - age in milliseconds at which a resumable upload is given up
 */
export async function sweep(
  files: FileStore,
  known: (versions: string[]) => Promise<Set<string>>,
  resumableAge: number,
): Promise<void> {
  for (const name of await namesIn(files.incomingFolder))
    await rm(join(files.incomingFolder, name), { force: true });
  for (const folder of await namesIn(files.objectsFolder)) {
    await sweepFolder(join(files.objectsFolder, folder), files, known);
  }
  for (const name of await namesIn(files.resumableFolder)) {
    const path = join(files.resumableFolder, name);
    const { mtimeMs } = await stat(path);
    if (Date.now() - mtimeMs > resumableAge) await rm(path, { force: true });
  }
}

async function sweepFolder(
  folder: string,
  files: FileStore,
  known: (versions: string[]) => Promise<Set<string>>,
): Promise<void> {
  const versions = (await namesIn(folder)).filter(isUuid);
  for (let start = 0; start < versions.length; start += BATCH) {
    const batch = versions.slice(start, start + BATCH);
    const kept = await known(batch);
    await files.remove(batch.filter((version) => !kept.has(version)));
  }
}

async function namesIn(folder: string): Promise<string[]> {
  try {
    return await readdir(folder);
  } catch (error) {
    if (isMissing(error)) return [];
    throw error;
  }
}
