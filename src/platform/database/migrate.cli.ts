import { fileURLToPath } from 'node:url';
import { databaseUrl } from '../config/database-url.js';
import { migrate } from './migrator.js';

const USAGE = `Usage: npm run migrate [-- --include-all]
Applies supabase/migrations to the database of DATABASE_DIRECT_URL or DATABASE_URL (unset: the local Supabase's).`;

/** The same place seen from src/ and from dist/. */
const DIRECTORY = fileURLToPath(new URL('../../../supabase/migrations', import.meta.url));

async function main(args: readonly string[]): Promise<number> {
  if (args.some((arg) => arg !== '--include-all')) {
    console.error(USAGE);
    return 2;
  }
  const { applied, unknown } = await migrate({
    url: databaseUrl(),
    directory: DIRECTORY,
    includeAll: args.includes('--include-all'),
  });
  for (const file of applied) console.log(`applied ${file}`);
  if (applied.length === 0) console.log('The database is up to date.');
  if (unknown.length > 0) console.warn(`In the history, but not in this release: ${unknown.join(', ')}`);
  return 0;
}

try {
  process.exitCode = await main(process.argv.slice(2));
} catch (error) {
  // A connection refused has its reason in `errors`, and no message of its own.
  const reasons = error instanceof AggregateError ? (error.errors as unknown[]) : [error];
  for (const reason of reasons) console.error(reason instanceof Error ? reason.message : reason);
  process.exitCode = 1;
}
