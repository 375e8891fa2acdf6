import { createHash } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { homedir } from 'node:os';
import { join } from 'node:path';
import { environment } from '../../config/process.environment.ts';

const JSR = '@jsr:registry';

/** How npm is set for a function's packages. */
export interface Npmrc {
  /** For the folder in which npm runs. */
  readonly text: string;
  /** Packages of the same name from other registries are others: each choice of registries has a shelf of its own. */
  readonly shelf: string;
}

/**
 * The `.npmrc` files of a function, of the folder of functions and of the project in one, the nearest last, which wins.
 * npm itself reads the user's. Packages of JSR come from its own registry unless somebody says otherwise.
 * @param folders from the farthest to the nearest
 */
export async function npmrcOf(folders: readonly string[]): Promise<Npmrc> {
  const own = (await Promise.all(folders.map((folder) => read(join(folder, '.npmrc'))))).filter(Boolean);
  const users = await read(environment.npm_config_userconfig ?? join(homedir(), '.npmrc'));
  const choice = [environment.npm_config_registry ?? environment.NPM_CONFIG_REGISTRY ?? '', ...own].filter(
    Boolean,
  );
  const jsr = [...own, users].some((text) => text.includes(JSR)) ? [] : [`${JSR}=https://npm.jsr.io`];
  return {
    text: [...jsr, ...own, ''].join('\n'),
    shelf:
      choice.length === 0
        ? 'default'
        : createHash('sha256').update(choice.join('\n')).digest('hex').slice(0, 12),
  };
}

const read = (path: string): Promise<string> => readFile(path, 'utf8').catch(() => '');
