import type { PoolClient, Pool } from 'pg';
import { callAction } from './actions/call.action.ts';
import { readAction } from './actions/read.action.ts';
import { writeAction } from './actions/write.action.ts';
import { optionsAnswer } from './actions/options.answer.ts';
import { rootAnswer } from './actions/root.answer.ts';
import type { Action, Asked, Found } from './actions/action.types.ts';
import { asRestError } from './errors/database.error.ts';
import { refusals } from './errors/refusals.ts';
import { readRequest } from './request/rest.request.ts';
import type { HttpRequest } from './request/rest.request.ts';
import type { Caller, Picture, RestAnswer } from './rest.types.ts';
import { answerSql } from './sql/answer.sql.ts';
import { raw, sql } from './sql/sql.ts';
import type { Sql } from './sql/sql.ts';
import { inTransaction } from './transaction.ts';

type AnswerRow = Record<'total' | 'page' | 'body' | 'headers' | 'status' | 'inserted', string | null>;

/**
 * Answers one request as PostgREST does: it is turned into one statement, Postgres does the rest, JSON included.
 * @throws RestError with PostgREST's words; what is no RestError is a fault of ours
 */
export async function answerRequest(
  pool: Pool,
  picture: Picture,
  http: HttpRequest,
  caller: Caller,
): Promise<RestAnswer> {
  try {
    const request = readRequest(http, picture.config);
    const asked: Asked = { request, picture, caller };
    const answer = await chooseAnswer(pool, asked);
    const hasContent = answer.headers.some(([name]) => name.toLowerCase() === 'content-type');
    const profile: [string, string][] =
      hasContent && picture.config.schemas.length > 1 ? [['content-profile', request.schema]] : [];
    return { ...answer, headers: [...answer.headers, ...profile] };
  } catch (error) {
    throw asRestError(error, caller.role);
  }
}

async function chooseAnswer(pool: Pool, asked: Asked): Promise<RestAnswer> {
  const { method, target } = asked.request;
  if (method === 'OPTIONS') return optionsAnswer(asked);
  if (target.kind === 'root') return rootAnswer(pool, asked);
  if (target.kind === 'routine') return run(pool, asked, callAction(asked));
  return run(pool, asked, method === 'GET' || method === 'HEAD' ? readAction(asked) : writeAction(asked));
}

async function run(pool: Pool, asked: Asked, action: Action): Promise<RestAnswer> {
  const options = { ...action.transaction, plans: action.media.plan !== undefined };
  return inTransaction(pool, asked.picture, asked.request, asked.caller, options, async (client) => {
    const { plan } = action.media;
    if (plan) return explain(client, asked, action);
    const row = await ask(client, answerSql(action.parts));
    const found: Found = {
      total: await totalOf(client, action, row.total),
      page: Number(row.page),
      body: row.body ?? '',
      inserted: row.inserted === null ? undefined : Number(row.inserted),
    };
    action.check?.(found);
    return respond(asked, action, found, row);
  });
}

async function totalOf(
  client: PoolClient,
  action: Action,
  total: string | null,
): Promise<number | undefined> {
  const counted = total === null ? undefined : Number(total);
  const { estimated } = action;
  if (!estimated || (counted ?? Infinity) <= (estimated.beyond ?? -1)) return counted;
  return Math.max(counted ?? 0, await estimateRows(client, estimated.counted));
}

async function estimateRows(client: PoolClient, counted: Sql): Promise<number> {
  const { text, values } = sql`EXPLAIN (FORMAT JSON) ${counted}`.render();
  const { rows } = await client.query<Record<string, string>>(text, values);
  const [plan] = JSON.parse(rows[0]?.['QUERY PLAN'] ?? '[]') as { Plan?: { 'Plan Rows'?: number } }[];
  return plan?.Plan?.['Plan Rows'] ?? 0;
}

async function ask(client: PoolClient, statement: Sql): Promise<AnswerRow> {
  const { text, values } = statement.render();
  const { rows } = await client.query<AnswerRow>(text, values);
  const [row] = rows;
  if (!row) throw new Error('The answering statement returned no row');
  return row;
}

/** What PGlite cannot do without is no setting of the project's. */
const UNSETTLE_SQL = `select set_config(name, boot_val, true) from pg_settings
  where name in ('max_parallel_workers', 'max_parallel_workers_per_gather') and source = 'command line'`;

async function explain(client: PoolClient, asked: Asked, action: Action): Promise<RestAnswer> {
  const { plan, contentType } = action.media;
  const options = [...(plan?.options ?? []), `format ${plan?.format ?? 'text'}`].join(', ').toUpperCase();
  const { text, values } = sql`EXPLAIN (${raw(options)}) ${answerSql(action.parts)}`.render();
  if (plan?.options.includes('settings')) await client.query(UNSETTLE_SQL);
  const { rows } = await client.query<Record<string, string>>(text, values);
  const body = rows.map((row) => row['QUERY PLAN'] ?? '').join('\n');
  return { status: 200, headers: [['content-type', contentType]], body: bodyFor(asked, body) };
}

function respond(asked: Asked, action: Action, found: Found, row: AnswerRow): RestAnswer {
  const { status, headers, hasBody } = action.answer(found);
  const set = headersSet(row.headers);
  const replaced = new Set(set.map(([name]) => name.toLowerCase()));
  const own = [...headers, ...(hasBody ? ([['content-type', action.media.contentType]] as const) : [])];
  return {
    status: statusSet(row.status) ?? status,
    headers: [...own.filter(([name]) => !replaced.has(name)), ...set],
    body: hasBody
      ? bodyFor(asked, action.media.shape === 'binary' ? Buffer.from(found.body, 'hex') : found.body)
      : undefined,
  };
}

function bodyFor<T>({ request }: Asked, body: T): T | undefined {
  return request.method === 'HEAD' ? undefined : body;
}

/** What a function has set as `response.headers`. */
function headersSet(text: string | null): [string, string][] {
  if (text === null) return [];
  try {
    const entries = (JSON.parse(text) as Record<string, unknown>[]).map((entry) => Object.entries(entry));
    if (!entries.every((pairs) => pairs.length === 1 && typeof pairs[0]?.[1] === 'string'))
      throw refusals.responseHeaders();
    return entries.flat().map(([name, value]) => [name, String(value)]);
  } catch {
    throw refusals.responseHeaders();
  }
}

function statusSet(text: string | null): number | undefined {
  if (text === null) return undefined;
  if (!/^[1-5]\d\d$/.test(text)) throw refusals.responseStatus();
  return Number(text);
}
