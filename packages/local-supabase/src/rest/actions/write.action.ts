import { refusals } from '../errors/refusals.ts';
import { planRead } from '../plan/read.planner.ts';
import { negotiate } from '../request/media.types.ts';
import { readPayload } from '../request/payload.ts';
import type { Payload } from '../request/payload.ts';
import { preferencesApplied } from '../request/preferences.ts';
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
      source: writeSql(asked, table, returning, conflict),
      rows,
      media: shown ? media : { ...media, shape: located ? 'object' : 'array' },
    },
    transaction: { readOnly: false, rollsBack: endOf(asked) === 'rollback' },
    check: (found) => {
      if (shown && media.plan === undefined) checkSingular(media.shape, found);
      checkAffected(asked, found);
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

function writeSql(asked: Asked, table: Table, returning: Sql, conflict: Conflict | undefined): Sql {
  const { request } = asked;
  const { method, query, preferences, http } = request;
  const conditions = query.conditions
    .filter(({ path }) => path.length === 0)
    .map(({ value }) => conditionSql(table, value));
  if (method === 'DELETE') {
    if (conditions.length === 0) throw refusals.unsafe('DELETE');
    return deleteSql(table, conditions, returning);
  }
  const payload = readPayload(http.headers['content-type'], http.body, {
    sameKeys: query.columns === undefined,
    rowsOnly: true,
  });
  if (payload.type !== 'json') throw refusals.contentType(http.headers['content-type'] ?? '');
  const columns = columnsOf(table, query.columns ?? payload.keys);
  const write = { table, columns, payload, returning, useDefaults: preferences.missing === 'default' };
  if (method === 'PATCH') {
    if (conditions.length === 0 && columns.length > 0) throw refusals.unsafe('UPDATE');
    return updateSql({ ...write, payload: first(payload) }, conditions);
  }
  if (method === 'PUT') putKey(request, table, payload, columns);
  return insertSql(write, conflict);
}

/** An update has one row of values. */
function first(payload: Payload): Payload {
  if (!payload.isArray) return payload;
  const [row] = JSON.parse(payload.text) as unknown[];
  return { ...payload, text: JSON.stringify(row ?? {}), isArray: false };
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

function writeAnswer(
  { request }: Asked,
  table: Table,
  found: Found,
  shown: boolean,
  conflict: Conflict | undefined,
  located: boolean,
): ActionAnswer {
  const { method, preferences } = request;
  const inserts = method === 'POST' || method === 'PUT';
  const total = preferences.count === undefined ? undefined : found.page;
  const merged = conflict?.resolution === 'merge-duplicates' && (found.inserted ?? 0) <= 0;
  const created = inserts && !merged;
  const applied = preferencesApplied(preferences, [
    ...(method === 'POST' ? (['resolution', 'missing'] as const) : []),
    ...(method === 'PATCH' ? (['missing'] as const) : []),
    'return',
    'count',
    'handling',
    'timezone',
    'tx',
    'max-affected',
  ]);
  const range = method === 'PATCH' ? contentRange(0, { page: found.page, total }) : `*/${total ?? '*'}`;
  return {
    status: created ? 201 : shown || method === 'POST' ? 200 : 204,
    hasBody: shown,
    headers: [
      ['content-range', range],
      ...(applied === undefined ? [] : [['preference-applied', applied] as const]),
      ...(located && found.page === 1 ? [['location', locationOf(table, found.body)] as const] : []),
    ],
  };
}

function locationOf(table: Table, body: string): string {
  const row = JSON.parse(body) as Record<string, string | null>;
  const filters = Object.entries(row).map(
    ([name, text]) =>
      `${encodeURIComponent(name)}=${text === null ? 'is.null' : `eq.${encodeURIComponent(text)}`}`,
  );
  return `/${encodeURIComponent(table.name)}?${filters.join('&')}`;
}
