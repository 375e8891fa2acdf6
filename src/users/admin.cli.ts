import { databaseUrl, LOCAL_DATABASE } from '../platform/config/database-url.js';
import { constraintOf, isUnavailable, sqlState } from '../platform/database/database-fault.js';
import { Database } from '../platform/database/database.service.js';
import { runAdminCommand } from './admin-command.js';
import { AdminsRepository } from './admins.repository.js';

/** SQLSTATEs of a database without our tables: no such schema, table or function. */
const NOT_MIGRATED: readonly (string | undefined)[] = ['3F000', '42P01', '42883'];

const url = databaseUrl();

/** A sentence for what went wrong; the URL may hold a password and is never shown. */
function explain(error: unknown): string {
  if (isUnavailable(error)) {
    const { host } = new URL(url);
    const hint =
      url === LOCAL_DATABASE ? 'Is the local Supabase running (`npm start`)?' : 'See DATABASE_URL.';
    const reason =
      error.cause instanceof Error && error.cause.message !== '' ? ` (${error.cause.message})` : '';
    return `The database at ${host} cannot be reached${reason}. ${hint}`;
  }
  if (NOT_MIGRATED.includes(sqlState(error))) return 'The database is not migrated: run `npm run migrate`.';
  const constraint = constraintOf(error);
  return `${error instanceof Error ? error.message : String(error)}${constraint ? ` (${constraint})` : ''}`;
}

if (!URL.canParse(url)) {
  console.error('DATABASE_URL is not a URL: postgresql://user:password@host:port/database is expected.');
  process.exitCode = 2;
} else {
  const database = new Database({ url, poolSize: 1, applicationName: 'supanest admin' });
  try {
    const { lines, exitCode } = await runAdminCommand(process.argv.slice(2), new AdminsRepository(database));
    (exitCode === 0 ? console.log : console.error)(lines.join('\n'));
    process.exitCode = exitCode;
  } catch (error) {
    console.error(explain(error));
    process.exitCode = 1;
  } finally {
    await database.close();
  }
}
