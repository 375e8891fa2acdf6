import type { Pool } from 'pg';
import { negotiate } from '../request/media.types.ts';
import type { RestAnswer } from '../rest.types.ts';
import { inTransaction } from '../transaction.ts';
import { openApiDocument } from '../openapi/document.ts';
import type { Asked } from './action.types.ts';

/** What of a schema a role may see; `$1` schema. */
const VISIBLE_SQL = `
select 'table' as kind, c.relname as name from pg_class c join pg_namespace n on n.oid = c.relnamespace
where n.nspname = $1 and c.relkind in ('r', 'p', 'v', 'm', 'f')
  and (has_table_privilege(c.oid, 'select, insert, update, delete') or has_any_column_privilege(c.oid, 'select, insert, update'))
union all
select 'routine', p.proname from pg_proc p join pg_namespace n on n.oid = p.pronamespace
where n.nspname = $1 and has_function_privilege(p.oid, 'execute')
union all
select 'comment', obj_description(oid, 'pg_namespace') from pg_namespace where nspname = $1`;

/** `GET /`: an OpenAPI document of what the role may use. */
export async function rootAnswer(pool: Pool, asked: Asked): Promise<RestAnswer> {
  const { request, picture, caller } = asked;
  const { contentType } = negotiate(request.http.headers.accept, ['openapi'], false);
  const options = { readOnly: true, rollsBack: false };
  return inTransaction(pool, picture, request, caller, options, async (client) => {
    const { rows } = await client.query<{ kind: string; name: string | null }>(VISIBLE_SQL, [request.schema]);
    const visible = (kind: string): Set<string> =>
      new Set(rows.filter((row) => row.kind === kind).map(({ name }) => name ?? ''));
    const host = request.http.headers.host ?? '127.0.0.1';
    const document = openApiDocument(picture.schema, request.schema, host, {
      description: rows.find(({ kind }) => kind === 'comment')?.name ?? null,
      tables: visible('table'),
      routines: visible('routine'),
    });
    const body = request.method === 'HEAD' ? undefined : JSON.stringify(document);
    return { status: 200, headers: [['content-type', contentType]], body };
  });
}
