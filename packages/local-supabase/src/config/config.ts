import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { parse, TomlError } from 'smol-toml';
import type { ConfigTree, ConfigValue } from '../context.ts';
import { StartRefused } from '../start.refused.ts';
import { defaults } from './config.defaults.ts';
import { merge } from './config.merge.ts';

/** `supabase/config.toml` is not what it should be. The message names the key. */
export class ConfigError extends StartRefused {
  override readonly name = 'ConfigError';
}

/**
 * Reads `supabase/config.toml`, resolves `env(NAME)`, and lays it over the Supabase CLI's defaults; `overrides` win
 * over both. A missing file is an empty one.
 * @throws ConfigError
 */
export async function loadConfig(
  workdir: string,
  environment: Readonly<Record<string, string | undefined>>,
  overrides: ConfigTree = {},
): Promise<ConfigTree> {
  const path = join(workdir, 'supabase', 'config.toml');
  const text = await readFile(path, 'utf8').catch((error: unknown) => {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return '';
    throw error;
  });
  const parsed = parseToml(text, path);
  // The older name of the same section.
  const renamed = parsed.inbucket === undefined ? parsed : { ...parsed, local_smtp: parsed.inbucket };
  const config = merge(merge(defaults, resolveEnvironment(renamed, environment)), overrides);
  check(config, defaults, '');
  return config;
}

function parseToml(text: string, path: string): ConfigTree {
  try {
    return parse(text);
  } catch (error) {
    if (!(error instanceof TomlError)) throw error;
    throw new ConfigError(`${path} is not valid TOML: ${error.message}`);
  }
}

/** A whole value `env(NAME)` stands for the variable; an unset one leaves the text, as under the Supabase CLI. */
function resolveEnvironment(
  tree: ConfigTree,
  environment: Readonly<Record<string, string | undefined>>,
): ConfigTree {
  const resolve = (value: ConfigValue): ConfigValue => {
    if (typeof value === 'string') {
      const name = /^env\((\w+)\)$/.exec(value.trim())?.[1];
      return name === undefined ? value : (environment[name] ?? value);
    }
    if (Array.isArray(value)) return value.map(resolve);
    if (isTable(value))
      return Object.fromEntries(Object.entries(value).map(([key, inner]) => [key, resolve(inner)]));
    return value;
  };
  return resolve(tree) as ConfigTree;
}

function isTable(value: ConfigValue): value is ConfigTree {
  return typeof value === 'object' && !Array.isArray(value) && !(value instanceof Date);
}

/** What the file says must be of the kind that the default is. */
function check(actual: ConfigTree, expected: ConfigTree, path: string): void {
  for (const [key, example] of Object.entries(expected)) {
    const name = path === '' ? key : `${path}.${key}`;
    const value = actual[key];
    if (example === undefined) continue;
    if (kind(value) !== kind(example)) {
      throw new ConfigError(
        `supabase/config.toml: ${name} must be ${ARTICLES[kind(example)] ?? kind(example)}, not ${JSON.stringify(value)}`,
      );
    }
    if (isTable(example) && isTable(value)) check(value, example, name);
  }
  const port = actual.port;
  if (typeof port === 'number' && (!Number.isInteger(port) || port < 0 || port > 65_535)) {
    throw new ConfigError(`supabase/config.toml: ${path}.port must be a port number, not ${port}`);
  }
}

const ARTICLES: Readonly<Record<string, string>> = {
  string: 'a string',
  number: 'a number',
  boolean: 'true or false',
  array: 'a list',
  table: 'a table',
};

function kind(value: ConfigValue): string {
  if (Array.isArray(value)) return 'array';
  if (isTable(value)) return 'table';
  return typeof value === 'bigint' ? 'number' : typeof value;
}

/** The table at a path of keys; an empty one when there is none. */
export function section(config: ConfigTree, ...path: string[]): ConfigTree {
  let current: ConfigValue = config;
  for (const key of path) current = isTable(current) ? current[key] : undefined;
  return isTable(current) ? current : {};
}
