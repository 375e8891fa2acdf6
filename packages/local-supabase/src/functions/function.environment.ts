import { readFile } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { parseEnv } from 'node:util';
import type { ConfigTree, Context } from '../context.ts';

/** The file of secrets, relative to the folder of functions. */
const SECRETS = '.env';

export const secretsFile = (context: Context): string =>
  join(resolve(context.workdir, 'supabase', 'functions'), SECRETS);

/**
 * The environment of every function: `[edge_runtime.secrets]`, then `supabase/functions/.env`, then what Supabase itself
 * provides. Names that begin with `SUPABASE_` are Supabase's; nothing of this process's own environment gets in.
 */
export async function functionEnvironment(context: Context): Promise<Record<string, string>> {
  const secrets = {
    ...configuredSecrets(context.config),
    ...parseEnv(await readFile(secretsFile(context), 'utf8').catch(() => '')),
  };
  const own = Object.entries(secrets).filter(
    (entry): entry is [string, string] => entry[1] !== undefined && !entry[0].startsWith('SUPABASE_'),
  );
  const { keys, url, database } = context;
  return {
    ...Object.fromEntries(own),
    SUPABASE_URL: url,
    SUPABASE_ANON_KEY: keys.anonKey,
    SUPABASE_SERVICE_ROLE_KEY: keys.serviceRoleKey,
    SUPABASE_PUBLISHABLE_KEYS: JSON.stringify({ default: keys.publishableKey }),
    SUPABASE_SECRET_KEYS: JSON.stringify({ default: keys.secretKey }),
    SUPABASE_JWKS: JSON.stringify(keys.jwks()),
    SUPABASE_DB_URL: database.url,
  };
}

function configuredSecrets(config: ConfigTree): Record<string, string> {
  const runtime = config.edge_runtime;
  const secrets = isTable(runtime) ? runtime.secrets : undefined;
  if (!isTable(secrets)) return {};
  return Object.fromEntries(
    Object.entries(secrets).flatMap(([name, value]) => (typeof value === 'string' ? [[name, value]] : [])),
  );
}

const isTable = (value: unknown): value is ConfigTree =>
  typeof value === 'object' && value !== null && !Array.isArray(value) && !(value instanceof Date);
