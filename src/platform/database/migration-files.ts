import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { splitStatements } from './sql-statements.js';

/** One file of `supabase/migrations`. */
export interface Migration {
  /** The digits in front of the name: its place in the order. */
  version: string;
  name: string;
  file: string;
  statements: string[];
}

/** What stands in the way of migrating; the message says what to do. */
export class MigrationError extends Error {
  override readonly name = 'MigrationError';
}

const FILE_NAME = /^([0-9]+)_(.*)\.sql$/;

/** The migrations of a folder in their order. Files that are not named `<timestamp>_<name>.sql` are no migrations. */
export async function readMigrations(directory: string): Promise<Migration[]> {
  const names = (await readdir(directory)).filter((name) => FILE_NAME.test(name)).sort();
  const migrations = await Promise.all(
    names.map(async (file) => {
      const [, version = '', name = ''] = FILE_NAME.exec(file) ?? [];
      return {
        version,
        name,
        file,
        statements: splitStatements(await readFile(join(directory, file), 'utf8')),
      };
    }),
  );
  const files = new Map<string, string>();
  for (const { version, file } of migrations) {
    const twin = files.get(version);
    if (twin)
      throw new MigrationError(`${twin} and ${file} have the same version. Give one of them another.`);
    files.set(version, file);
  }
  return migrations;
}
