import pg from 'pg';
import type { Pool, PoolClient } from 'pg';
import type { RestRequest } from './request/rest.request.ts';
import { LOGIN_ROLE } from './rest.config.ts';
import type { Caller, Picture } from './rest.types.ts';
import { splitSetting } from './schema/schema.cache.ts';
import { identifier, quoteName } from './sql/sql.ts';

export interface TransactionOptions {
  readonly readOnly: boolean;
  readonly rollsBack: boolean;
  /** A plan is asked for: it is made under the settings that Supabase's own Postgres has. */
  readonly plans?: boolean;
  /** Settings of the function that is called. */
  readonly settings?: readonly string[];
}

/** Only these of a function's settings hold for the whole transaction. */
const HOISTED = ['statement_timeout', 'plan_filter.statement_cost_limit', 'default_transaction_isolation'];
const ISOLATION = 'default_transaction_isolation';

const PLAN_SETTINGS = [
  ['compute_query_id', 'on'],
  ['effective_cache_size', '128MB'],
] as const;

/**
 * Runs a request as PostgREST does: in one transaction, as the role of its token, with claims and request in settings
 * that end with it.
 */
export async function inTransaction<T>(
  pool: Pool,
  picture: Picture,
  request: RestRequest,
  caller: Caller,
  options: TransactionOptions,
  work: (client: PoolClient) => Promise<T>,
): Promise<T> {
  const settings = settingsOf(picture, request, caller, options);
  const isolation = settings.get(ISOLATION);
  settings.delete(ISOLATION);
  const client = await pool.connect();
  let broken: Error | undefined;
  let released = false;
  const release = (error?: Error): void => {
    if (!released) client.release(error);
    released = true;
  };
  // Ends the connection, and with it what runs on it.
  const abandon = (): void => release(new Error('The client has gone'));
  const { abandoned } = request.http;
  abandoned?.addEventListener('abort', abandon);
  try {
    await client.query(
      `begin${isolation !== undefined && /^[a-z ]+$/i.test(isolation) ? ` isolation level ${isolation}` : ''}`,
    );
    const entries = [...settings, ...(options.readOnly ? ([['transaction_read_only', 'on']] as const) : [])];
    // Last, for what comes after it is done as that role.
    entries.push(['role', caller.role]);
    await client.query(settingsSql(entries));
    const { preRequest } = picture.config;
    if (preRequest) await client.query(`select ${identifier(...preRequest).render().text}()`);
    const result = await work(client);
    // What would have failed at the end is to fail all the same.
    if (options.rollsBack) await client.query('set constraints all immediate');
    await client.query(options.rollsBack ? 'rollback' : 'commit');
    return result;
  } catch (error) {
    await client.query('rollback').catch((failure: unknown) => {
      broken = failure instanceof Error ? failure : new Error(String(failure));
    });
    throw error;
  } finally {
    abandoned?.removeEventListener('abort', abandon);
    release(broken);
  }
}

/** Names, and the timeout, are written out: so the wire server sees that no setting outlives the transaction, and times it. */
function settingsSql(entries: readonly (readonly [string, string])[]): { text: string; values: string[] } {
  const values: string[] = [];
  const calls = entries.map(([name, text]) => {
    const timed = name.endsWith('_timeout') && /^[\w ]+$/.test(text);
    const value = timed ? pg.escapeLiteral(text) : `$${values.push(text)}`;
    return `set_config(${pg.escapeLiteral(name)}, ${value}, true)`;
  });
  return { text: `select ${calls.join(', ')}`, values };
}

function settingsOf(
  { config, roles }: Picture,
  { http, schema, preferences }: RestRequest,
  { role, claims }: Caller,
  options: TransactionOptions,
): Map<string, string> {
  const ofRoles = [LOGIN_ROLE, role].flatMap((name) => [...(roles.get(name) ?? [])]);
  const ofRoutine = (options.settings ?? []).map(splitSetting).filter(([name]) => HOISTED.includes(name));
  const settings = new Map(
    [...ofRoles, ...ofRoutine].filter(([name]) => name !== 'search_path' && !name.startsWith('pgrst.')),
  );
  const cookies = http.headers.cookie ?? '';
  const path = http.url.split('?')[0] ?? '';
  settings.set('search_path', [schema, ...config.extraSearchPath].map(quoteName).join(', '));
  settings.set('request.jwt.claims', JSON.stringify(claims));
  settings.set('request.method', http.method);
  settings.set('request.path', path === '' ? '/' : path);
  settings.set('request.headers', JSON.stringify(http.headers));
  settings.set('request.cookies', JSON.stringify(readCookies(cookies)));
  for (const name of [
    'request.jwt.claim.sub',
    'request.jwt.claim.role',
    'response.status',
    'response.headers',
    'pgrst.inserted',
  ])
    settings.set(name, '');
  if (options.plans) for (const [name, text] of PLAN_SETTINGS) settings.set(name, text);
  if (preferences.timezone !== undefined) settings.set('timezone', preferences.timezone);
  return settings;
}

function readCookies(header: string): Record<string, string> {
  return Object.fromEntries(
    header
      .split(';')
      .map((entry) => entry.trim().split('='))
      .filter(([name]) => name !== undefined && name !== '')
      .map(([name = '', ...text]) => [name, text.join('=')] as const),
  );
}
