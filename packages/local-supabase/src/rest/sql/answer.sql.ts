import type { Media } from '../request/media.types.ts';
import { SCALAR } from './call.sql.ts';
import { RETURNED } from './embed.sql.ts';
import { identifier, raw, sql } from './sql.ts';
import type { Sql } from './sql.ts';

export interface AnswerParts {
  /** A write or a call that must run first; its rows are what `rows` reads. */
  readonly source?: Sql;
  readonly rows: Sql;
  /** Counted besides: all rows, not only those of the page. */
  readonly counted?: Sql;
  readonly media: Media;
  /** What a function returned is no row: a value, or a list of values. */
  readonly scalar?: 'one' | 'many';
  /** A function that returns one row. */
  readonly singleRow?: boolean;
}

/** One statement that answers a request with one row: counts, the body as it goes out, and what the database set besides. */
export function answerSql(parts: AnswerParts): Sql {
  const { source, rows, counted } = parts;
  const setup = source ? sql`WITH ${identifier(RETURNED)} AS (${source}) ` : raw('');
  const total = counted ? sql`(SELECT pg_catalog.count(*) FROM (${counted}) AS pgrst_counted)` : raw('null');
  return sql`${setup}SELECT ${total} AS total, pg_catalog.count(_postgrest_t) AS page, ${bodySql(parts)} AS body,
    nullif(current_setting('response.headers', true), '') AS headers,
    nullif(current_setting('response.status', true), '') AS status,
    nullif(current_setting('pgrst.inserted', true), '') AS inserted
    FROM (${rows}) AS _postgrest_t`;
}

function bodySql({ media, scalar, singleRow }: AnswerParts): Sql {
  const column = identifier('_postgrest_t', SCALAR);
  switch (media.shape) {
    case 'csv':
      return raw(
        `(SELECT coalesce(string_agg(k, ','), '') FROM (SELECT json_object_keys(json_agg(_postgrest_t)->0) AS k) AS pgrst_keys)
        || E'\\n' || coalesce(string_agg(substring(_postgrest_t::text, 2, length(_postgrest_t::text) - 2), E'\\n'), '')`,
      );
    case 'geojson':
      return raw(
        `json_build_object('type', 'FeatureCollection', 'features', coalesce(json_agg(ST_AsGeoJSON(_postgrest_t)::json), '[]'))`,
      );
    case 'text':
      return sql`coalesce(string_agg(${column}::text, ''), '')`;
    case 'binary':
      return sql`coalesce(encode(string_agg(${column}, ''::bytea), 'hex'), '')`;
    case 'array':
    case 'object':
    case 'openapi':
  }
  const listed = scalar === undefined ? raw('json_agg(_postgrest_t)') : sql`json_agg(${column})`;
  const stripped = media.stripped ? sql`json_strip_nulls(${listed})` : listed;
  if (scalar === 'one' || singleRow || media.shape === 'object') return sql`coalesce(${stripped}->0, 'null')`;
  return sql`coalesce(${stripped}, '[]')`;
}
