import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { parseEnv } from 'node:util';

type Variables = Readonly<Record<string, string | undefined>>;

/**
 * The environment with what the project's dotenv files add to it, in the order of the Supabase CLI: those in `supabase/`
 * before those beside it, `.env.<SUPABASE_ENV>.local`, `.env.local`, `.env.<SUPABASE_ENV>`, `.env`. The first to name a
 * variable wins, the process over all files.
 */
export async function projectEnvironment(workdir: string, environment: Variables): Promise<Variables> {
  const stage = environment.SUPABASE_ENV ?? 'development';
  const names = [`.env.${stage}.local`, ...(stage === 'test' ? [] : ['.env.local']), `.env.${stage}`, '.env'];
  const paths = [join(workdir, 'supabase'), workdir].flatMap((folder) =>
    names.map((name) => join(folder, name)),
  );
  const texts = await Promise.all(paths.map((path) => readFile(path, 'utf8').catch(() => '')));
  return Object.assign({}, ...texts.reverse().map((text) => parseEnv(text)), environment) as Variables;
}
