import { planRead } from '../plan/read.planner.ts';
import { negotiate } from '../request/media.types.ts';
import { preferencesApplied } from '../request/preferences.ts';
import type { Preferences } from '../request/preferences.ts';
import type { RestRequest } from '../request/rest.request.ts';
import type { Table } from '../schema/schema.types.ts';
import { countedSql, pageSql, readSql } from '../sql/read.sql.ts';
import { sql } from '../sql/sql.ts';
import type { Sql } from '../sql/sql.ts';
import { refusals } from '../errors/refusals.ts';
import type { Action, ActionAnswer, Asked, Found } from './action.types.ts';
import { applyRange, contentRange, rangeStatus } from './content.range.ts';
import { rowShapes } from './shapes.ts';
import { tableOf } from './table.of.ts';
import { endOf } from './transaction.end.ts';

/** `GET /table`. */
export function readAction(asked: Asked): Action {
  const { request, picture } = asked;
  const { config, schema } = picture;
  const table = tableOf(asked);
  const media = negotiate(request.http.headers.accept, rowShapes(schema), config.plans);
  const node = planRead(
    schema,
    { name: table, source: { kind: 'table', table }, reads: true },
    request.query,
    config,
  );
  applyRange(node, request);
  const { count } = request.preferences;
  const counted = count === undefined ? undefined : countedSql(node);
  const from = node.offset;
  return {
    media,
    parts: { rows: readSql(node), media, ...countOf(counted, count, config.maxRows) },
    transaction: { readOnly: true, rollsBack: endOf(asked) === 'rollback' },
    ...(counted && count !== 'exact'
      ? { estimated: { counted, ...(count === 'estimated' ? { beyond: config.maxRows ?? -1 } : {}) } }
      : {}),
    check: (found) => checkSingular(media.shape, found),
    answer: (found) => {
      const page = pageAnswer(asked, from, found);
      return { ...page, headers: [...page.headers, ['content-location', locationOf(table, request)]] };
    },
  };
}

/** What is counted: all rows, or as many as it takes to know that the planner is to be asked. */
function countOf(
  counted: Sql | undefined,
  count: Preferences['count'],
  maxRows: number | undefined,
): { counted?: Sql } {
  if (!counted || count === 'planned') return {};
  if (count === 'exact' || maxRows === undefined) return { counted };
  return { counted: sql`${counted}${pageSql({ limit: maxRows + 1, offset: 0 })}` };
}

/** The URL that asks the same, its parameters in order. */
function locationOf({ name }: Table, { http }: RestRequest): string {
  const [, search = ''] = /\?(.*)$/s.exec(http.url) ?? [];
  const parameters = [...new URLSearchParams(search)]
    .filter(([key]) => key !== 'apikey')
    .sort(([left], [right]) => (left < right ? -1 : left > right ? 1 : 0))
    .map((pair) => pair.map(encode).join('='));
  const path = name.replaceAll(/[^\x21-\x7e]/gu, encode);
  return `/${path}${parameters.length === 0 ? '' : `?${parameters.join('&')}`}`;
}

function encode(text: string): string {
  return encodeURIComponent(text.toWellFormed()).replaceAll(
    /[!'()*]/g,
    (character) => `%${character.charCodeAt(0).toString(16).toUpperCase()}`,
  );
}

/** @throws RestError PGRST116 */
export function checkSingular(shape: string, { page }: Found): void {
  if (shape === 'object' && page !== 1) throw refusals.notSingular(page);
}

/** How rows that were only read are answered. */
export function pageAnswer({ request }: Asked, from: number, found: Found): ActionAnswer {
  return {
    status: rangeStatus(from, found),
    hasBody: true,
    headers: [
      ['content-range', contentRange(from, found)],
      ...preferencesApplied(request.preferences, [
        'count',
        'handling',
        'timezone',
        'tx',
        ...(request.target.kind === 'routine' ? (['max-affected'] as const) : []),
      ]),
    ],
  };
}
