import { chmod, mkdir, readFile } from 'node:fs/promises';
import { dirname } from 'node:path';
import writeFileAtomic from 'write-file-atomic';
import type { Credentials } from './credentials.types.ts';
import { credentialsIn } from './stored-credentials.ts';

/** A file of credentials cannot be read as one. It is left as it is. */
export class DamagedCredentialsFileError extends Error {
  override name = 'DamagedCredentialsFileError';
  readonly path: string;

  constructor(path: string, cause: unknown) {
    super(
      `${path} is not a file of credentials. It has been left as it is: repair it, or move it away and sign in again.`,
      { cause },
    );
    this.path = path;
  }
}

const VERSION = 1;

/**
 * Everything in a file; nothing when there is none.
 * @throws DamagedCredentialsFileError when it is not one of ours
 */
export async function readCredentialsFile(path: string): Promise<Map<string, Credentials>> {
  let text: string;
  try {
    text = await readFile(path, 'utf8');
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return new Map();
    throw error;
  }
  try {
    return parse(text);
  } catch (cause) {
    throw new DamagedCredentialsFileError(path, cause);
  }
}

/** Replaces a file as a whole: whoever reads meanwhile, or after a crash, finds the old one or the new one. */
export async function writeCredentialsFile(
  path: string,
  credentials: ReadonlyMap<string, Credentials>,
): Promise<void> {
  const text = JSON.stringify({ version: VERSION, credentials: Object.fromEntries(credentials) }, null, 2);
  await writeFileAtomic(path, `${text}\n`, { mode: 0o600 });
}

/** Makes the folder of a file, for its owner alone; one that is there already stays as it is. */
export async function makeFolderOf(path: string): Promise<void> {
  const folder = dirname(path);
  const made = await mkdir(folder, { recursive: true, mode: 0o700 });
  if (made !== undefined) await chmod(folder, 0o700);
}

function parse(text: string): Map<string, Credentials> {
  const { version, credentials } = JSON.parse(text) as { version?: unknown; credentials?: unknown };
  if (version !== VERSION) throw new Error(`Version ${String(version)} is not ${String(VERSION)}`);
  if (typeof credentials !== 'object' || credentials === null) throw new Error('There are no credentials');
  const entries = Object.entries(credentials).map(([id, value]): [string, Credentials] => {
    const found = credentialsIn(value);
    if (!found) throw new Error('An entry has no tokens');
    return [id, found];
  });
  return new Map(entries);
}
