import { MigrationError, type Migration } from './migration-files.js';

/** A row of `supabase_migrations.schema_migrations`. */
export interface AppliedMigration {
  version: string;
  name: string | null;
  /** Null where the history was written by hand or by an early version of the CLI. */
  statements: string[] | null;
}

/** What is to be done, and what is odd. */
export interface HistoryReport {
  /** Still to be applied, oldest first. */
  pending: Migration[];
  /** Applied versions without a file here. */
  unknown: string[];
}

/** Two tools may cut and trim differently; what remains is the SQL. */
const essence = (statements: string[]): string => statements.join('').replace(/[\s;]+/g, '');

const byVersion = (a: string, b: string): number => {
  const [x, y] = [BigInt(a), BigInt(b)];
  return x < y ? -1 : x > y ? 1 : 0;
};

/**
 * Compares the folder with the history.
 *
 * @throws MigrationError for a file that changed after it was applied, and (unless `includeAll`) for a file that would be
 *   applied out of order
 */
export function compareHistory(
  migrations: readonly Migration[],
  history: readonly AppliedMigration[],
  includeAll: boolean,
): HistoryReport {
  const applied = new Map(history.map((row) => [row.version, row]));
  const known = new Set(migrations.map(({ version }) => version));

  const changed = migrations.filter(({ version, statements }) => {
    const before = applied.get(version)?.statements;
    return before && essence(before) !== essence(statements);
  });
  if (changed.length > 0) {
    throw new MigrationError(
      `Changed after having been applied: ${changed.map(({ file }) => file).join(', ')}. ` +
        'Restore the file and put the change into a new migration.',
    );
  }

  const pending = migrations.filter(({ version }) => !applied.has(version));
  const newest = [...applied.keys()]
    .filter((version) => /^[0-9]+$/.test(version))
    .sort(byVersion)
    .at(-1);
  const late = newest === undefined ? [] : pending.filter(({ version }) => byVersion(version, newest) < 0);
  if (late.length > 0 && !includeAll) {
    throw new MigrationError(
      `Older than the newest applied migration (${newest ?? ''}): ${late.map(({ file }) => file).join(', ')}. ` +
        'If it does not depend on the order, apply it with --include-all.',
    );
  }
  return { pending, unknown: [...applied.keys()].filter((version) => !known.has(version)) };
}
