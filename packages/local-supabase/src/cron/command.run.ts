import pg from 'pg';
import { failureText } from './failure.text.ts';

/** A job as it is kept in `cron.job`. */
export interface Job {
  readonly jobid: string;
  readonly schedule: string;
  readonly command: string;
  readonly database: string;
  readonly username: string;
}

/** What came of a run, in the words of `cron.job_run_details`. */
export interface Outcome {
  readonly status: 'succeeded' | 'failed';
  readonly message: string;
}

const ROLE_SQL = `select unnest(coalesce(settings.all, '{}') || ('session_authorization=' || rolname)) as setting
  from pg_roles left join lateral (
    select array_agg(setting order by setrole <> 0, setdatabase <> 0) as all
    from pg_db_role_setting, unnest(setconfig) as setting
    where setrole in (0, pg_roles.oid)
      and setdatabase in (0, (select oid from pg_database where datname = current_database()))
  ) as settings on true
  where rolname = $1 and rolcanlogin`;

/**
 * Runs a job's command on a connection of its own, as the role the job belongs to and with the settings of that role.
 * @param url of the database, as its superuser: roles have passwords of their own
 * @param began told the number of the backend when the command starts
 * @throws Error when the connection is cut off by `signal`
 */
export async function runCommand(
  pool: pg.Pool,
  url: string,
  job: Job,
  began: (pid: number | null) => Promise<unknown>,
  signal: AbortSignal,
): Promise<Outcome> {
  const { rows } = await pool.query<{ setting: string }>(ROLE_SQL, [job.username]);
  if (rows.length === 0) return { status: 'failed', message: 'connection failed' };
  const options = rows.map(({ setting }) => `-c ${setting.replaceAll(/[\\\s]/g, '\\$&')}`).join(' ');
  const client = new pg.Client({
    connectionString: withDatabase(url, job.database),
    options,
    fallback_application_name: 'pg_cron',
  });
  client.on('error', () => undefined);
  // `end` would wait for whoever has the database now.
  const cutOff = (): void => void client.connection.stream.destroy();
  signal.addEventListener('abort', cutOff);
  try {
    await client.connect();
  } catch {
    signal.removeEventListener('abort', cutOff);
    return { status: 'failed', message: 'connection failed' };
  }
  try {
    await began((client as { readonly processID?: number }).processID ?? null);
    signal.throwIfAborted();
    return { status: 'succeeded', message: await lastAnswer(client, job.command) };
  } catch (error) {
    signal.throwIfAborted();
    return { status: 'failed', message: failureText(error, job.command) };
  } finally {
    signal.removeEventListener('abort', cutOff);
    await client.end().catch(() => undefined);
  }
}

/** What the last statement answers: a number of rows, or what Postgres says of a command. */
async function lastAnswer(client: pg.Client, command: string): Promise<string> {
  let hasRows = false;
  let answer = '';
  client.connection.on('rowDescription', () => (hasRows = true));
  client.connection.on('commandComplete', ({ text }: { readonly text: string }) => {
    const count = Number(/\d+$/.exec(text)?.[0] ?? 0);
    answer = hasRows ? `${count} ${count === 1 ? 'row' : 'rows'}` : text;
    hasRows = false;
  });
  await client.query(command);
  return answer === '' ? '0 rows' : answer;
}

function withDatabase(url: string, database: string): string {
  const address = new URL(url);
  address.pathname = encodeURIComponent(database);
  return address.href;
}
