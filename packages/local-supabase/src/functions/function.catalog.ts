import { access } from 'node:fs/promises';
import { dirname, join, resolve } from 'node:path';
import type { ConfigTree, ConfigValue, Context } from '../context.ts';

/** A function as its folder and `[functions.<name>]` in config.toml describe it. Paths are absolute. */
export interface FunctionDefinition {
  readonly name: string;
  readonly entrypoint: string;
  /** Whether a caller needs a valid token. */
  readonly verifyJwt: boolean;
  /** The import map or deno.json that holds for it. */
  readonly importMap: string | undefined;
  /** The folder of all functions. */
  readonly root: string;
}

/** Names that are folders of functions; `_shared` and the like are none, and no name leads out of the folder. */
const NAME = /^[A-Za-z][A-Za-z0-9_-]*$/;
const IMPORT_MAPS = ['deno.json', 'deno.jsonc', 'import_map.json'];

/** Finds a function; undefined when there is none, or it is disabled. */
export async function findFunction(context: Context, name: string): Promise<FunctionDefinition | undefined> {
  if (!NAME.test(name)) return undefined;
  const supabase = resolve(context.workdir, 'supabase');
  const root = join(supabase, 'functions');
  const own = table(table(context.config.functions)?.[name]) ?? {};
  if (own.enabled === false) return undefined;
  const entrypoint =
    typeof own.entrypoint === 'string' ? resolve(supabase, own.entrypoint) : join(root, name, 'index.ts');
  if (!(await exists(entrypoint))) return undefined;
  const importMap =
    typeof own.import_map === 'string' && own.import_map !== ''
      ? resolve(supabase, own.import_map)
      : await firstOf([dirname(entrypoint), root], IMPORT_MAPS);
  return { name, entrypoint, importMap, root, verifyJwt: own.verify_jwt !== false };
}

const table = (value: ConfigValue): ConfigTree | undefined =>
  typeof value === 'object' && !Array.isArray(value) && !(value instanceof Date) ? value : undefined;

const exists = (path: string): Promise<boolean> =>
  access(path).then(
    () => true,
    () => false,
  );

async function firstOf(folders: readonly string[], names: readonly string[]): Promise<string | undefined> {
  for (const folder of folders) {
    for (const name of names) {
      if (await exists(join(folder, name))) return join(folder, name);
    }
  }
  return undefined;
}
