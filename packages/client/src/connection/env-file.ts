import { readFile } from 'node:fs/promises';
import { parseEnv } from 'node:util';
import writeFileAtomic from 'write-file-atomic';

/** The name of the file, in the working directory or at home. */
export const ENV_FILE = '.supabase.env';

/** The variables of a file; none when there is no such file. */
export async function readEnvFile(path: string): Promise<Record<string, string>> {
  const text = await readIfThere(path);
  return Object.fromEntries(Object.entries(parseEnv(text)).filter(isSet));
}

/**
 * Sets variables in a file, and leaves all else in it as it is. Undefined takes one away. Readable by its owner alone.
 * @throws RangeError for a value that a line cannot hold
 */
export async function writeEnvFile(
  path: string,
  variables: Readonly<Record<string, string | undefined>>,
): Promise<void> {
  const isOurs = (line: string): boolean =>
    Object.keys(variables).some((name) => new RegExp(`^\\s*(export\\s+)?${name}\\s*=`).test(line));
  const kept = (await readIfThere(path)).split('\n').filter((line) => line !== '' && !isOurs(line));
  const added = Object.entries(variables)
    .filter(isSet)
    .map(([name, value]) => `${name}=${quoted(value)}`);
  await writeFileAtomic(path, [...kept, ...added, ''].join('\n'), { mode: 0o600 });
}

async function readIfThere(path: string): Promise<string> {
  try {
    return await readFile(path, 'utf8');
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return '';
    throw error;
  }
}

function quoted(value: string): string {
  if (/[\r\n\0"]/.test(value))
    throw new RangeError(`A value of ${ENV_FILE} cannot hold line breaks or quotes`);
  return /^[\w.:/@+-]*$/.test(value) ? value : `"${value}"`;
}

const isSet = (entry: [string, string | undefined]): entry is [string, string] =>
  entry[1] !== undefined && entry[1] !== '';
