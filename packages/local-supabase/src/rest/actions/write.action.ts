import { refusals } from '../errors/refusals.ts';
import { planRead } from '../plan/read.planner.ts';
import { negotiate } from '../request/media.types.ts';
import { readPayload } from '../request/payload.ts';
import type { Payload } from '../request/payload.ts';
import type { RestRequest } from '../request/rest.request.ts';
import { counts, preferencesApplied } from '../request/preferences.ts';
import type { Column, Table } from '../schema/schema.types.ts';
import { filterSql, logicSql } from '../sql/condition.sql.ts';
import { readSql } from '../sql/read.sql.ts';
import { identifier, join, raw, sql } from '../sql/sql.ts';
import type { Sql } from '../sql/sql.ts';
import { deleteSql, insertSql, updateSql } from '../sql/write.sql.ts';
import type { Conflict } from '../sql/write.sql.ts';
import type { Condition } from '../query/query.types.ts';
import type { Action, ActionAnswer, Asked, Found } from './action.types.ts';
import { contentRange } from './content.range.ts';
import { putKey } from './put.key.ts';
import { checkSingular } from './read.action.ts';
import { neededColumns } from './returned.columns.ts';
import { rowShapes } from './shapes.ts';
import { tableOf } from './table.of.ts';
import { endOf } from './transaction.end.ts';

/** `POST`, `PATCH`, `PUT` and `DELETE` of a table. */
export function writeAction(asked: Asked): Action {
  const { request, picture } = asked;
  const { config, schema } = picture;
  const { preferences, query, method } = request;
  const payload = method === 'DELETE' ? undefined : payloadOf(request);
  const table = tableOf(asked);
  const media = negotiate(request.http.headers.accept, rowShapes(schema), config.plans);
  const shown = preferences.return === 'representation' || media.plan !== undefined;
  const node = planRead(
    schema,
    { name: table, source: { kind: 'returned' }, reads: false },
    shown ? query : { ...query, select: [], conditions: [], orders: [], limits: [], offsets: [] },
    config,
  );
  const located = preferences.return === 'headers-only' && method === 'POST' && table.primaryKey.length > 0;
  const returning = shown
    ? returningSql(table, neededColumns(node, false))
    : located
      ? join(
          table.primaryKey.map(
            (name) => sql`CAST(${identifier(table.name, name)} AS text) AS ${identifier(name)}`,
          ),
        )
      : raw('1');
  const rows = shown ? readSql(node) : raw('SELECT * FROM pgrst_source');
  const conflict = conflictOf(asked, table);
  return {
    media,
    parts: {
      source: writeSql(asked, table, payload, returning, conflict),
      rows,
      media: shown ? media : { ...media, shape: located ? 'object' : 'array' },
    },
    transaction: { readOnly: false, rollsBack: endOf(asked) === 'rollback' },
    check: (found) => {
      if (media.plan === undefined) checkSingular(media.shape, found);
      if (method === 'PUT' && found.page !== 1) throw refusals.putMismatch();
      if (method === 'PATCH' || method === 'DELETE') checkAffected(asked, found);
    },
    answer: (found) => writeAnswer(asked, table, found, shown, conflict, located),
  };
}

/** @throws RestError PGRST124 */
export function checkAffected({ request }: Asked, { page }: Found): void {
  const { handling, 'max-affected': most } = request.preferences;
  if (handling === 'strict' && most !== undefined && page > Number(most)) throw refusals.maxAffected(page);
}

function returningSql(table: Table, columns: readonly string[] | undefined): Sql {
  if (columns === undefined) return sql`${identifier(table.name)}.*`;
  if (columns.length === 0) return raw('1');
  return join(
    columns.map((name) => (name === '*' ? sql`${identifier(table.name)}.*` : identifier(table.name, name))),
  );
}

/** @throws RestError PGRST102 */
function payloadOf({ http, query }: RestRequest): Payload {
  return readPayload(http.headers['content-type'], http.body, {
    sameKeys: query.columns === undefined,
    rowsOnly: true,
  });
}

function writeSql(
  { request }: Asked,
  table: Table,
  payload: Payload | undefined,
  returning: Sql,
  conflict: Conflict | undefined,
): Sql {
  const { method, query, preferences } = request;
  const conditions = query.conditions
    .filter(({ path }) => path.length === 0)
    .map(({ value }) => conditionSql(table, value));
  if (payload === undefined) {
    if (conditions.length === 0) throw refusals.unsafe('DELETE');
    return deleteSql(table, conditions, returning);
  }
  const columns = columnsOf(table, query.columns ?? payload.keys);
  const write = { table, columns, payload, returning, useDefaults: preferences.missing === 'default' };
  if (method === 'PATCH') {
    if (conditions.length === 0 && columns.length > 0) throw refusals.unsafe('UPDATE');
    return updateSql({ ...write, onlyFirst: true }, conditions);
  }
  if (method === 'POST') return insertSql(write, conflict);
  const rowConditions = putKey(request, table).map((filter) => filterSql('pgrst_body', table, filter));
  return insertSql({ ...write, rowConditions, useDefaults: false }, conflict);
}

function conditionSql(table: Table, condition: Condition): Sql {
  return condition.kind === 'filter'
    ? filterSql(table.name, table, condition)
    : logicSql(condition, (inner) => conditionSql(table, inner));
}

/** @throws RestError PGRST204 */
function columnsOf(table: Table, names: readonly string[]): Column[] {
  return names.map((name) => {
    const column = table.columns.get(name);
    if (!column) throw refusals.noColumn(table.name, name);
    return column;
  });
}

function conflictOf({ request }: Asked, table: Table): Conflict | undefined {
  const { method, preferences, query } = request;
  if (method === 'PUT') return { columns: table.primaryKey, resolution: 'merge-duplicates' };
  if (method !== 'POST' || preferences.resolution === undefined) return undefined;
  return { columns: query.onConflict ?? table.primaryKey, resolution: preferences.resolution };
}

/** Which preferences can have a say in what is answered to a method. */
const APPLIED = {
  POST: ['resolution', 'missing', 'return', 'count', 'tx', 'handling', 'timezone'],
  PATCH: ['missing', 'return', 'count', 'tx', 'handling', 'timezone', 'max-affected'],
  PUT: ['return', 'count', 'tx', 'handling', 'timezone'],
  DELETE: ['return', 'count', 'tx', 'handling', 'timezone', 'max-affected'],
} as const;

function writeAnswer(
  { request }: Asked,
  table: Table,
  found: Found,
  shown: boolean,
  conflict: Conflict | undefined,
  located: boolean,
): ActionAnswer {
  const { preferences } = request;
  const method = request.method as keyof typeof APPLIED;
  const merged = conflict?.resolution === 'merge-duplicates' && (found.inserted ?? 0) <= 0;
  const resolves = conflict !== undefined && conflict.columns.length > 0;
  const applied = resolves ? preferences : { ...preferences, resolution: undefined };
  return {
    status: statusOf(method, shown, merged),
    hasBody: shown,
    headers: [
      ...(method === 'PUT' ? [] : [['content-range', writtenRange(request, found)] as const]),
      ...preferencesApplied(applied, APPLIED[method]),
      ...(located && found.page === 1 ? [['location', locationOf(table, found.body)] as const] : []),
    ],
  };
}

function statusOf(method: keyof typeof APPLIED, shown: boolean, merged: boolean): number {
  if (method === 'POST') return merged ? 200 : 201;
  if (!shown) return 204;
  return method === 'PUT' && !merged ? 201 : 200;
}

function writtenRange({ method, preferences }: RestRequest, { page }: Found): string {
  const total = counts(preferences) ? page : undefined;
  return method === 'PATCH' ? contentRange(0, { page, total }) : `*/${total ?? '*'}`;
}

function locationOf(table: Table, body: string): string {
  const row = JSON.parse(body) as Record<string, string | null>;
  const filters = Object.entries(row).map(
    ([name, text]) =>
      `${encodeURIComponent(name)}=${text === null ? 'is.null' : `eq.${encodeURIComponent(text)}`}`,
  );
  return `/${encodeURIComponent(table.name)}?${filters.join('&')}`;
}
