import { refusals } from '../errors/refusals.ts';
import type { Payload } from '../request/payload.ts';
import type { RestRequest } from '../request/rest.request.ts';
import type { Column, Table } from '../schema/schema.types.ts';

/** A `PUT` names its one row by the primary key, in the URL as in the body. @throws RestError */
export function putKey(
  request: RestRequest,
  table: Table,
  payload: Payload,
  columns: readonly Column[],
): void {
  const { query } = request;
  if (query.limits.length > 0 || query.offsets.length > 0) throw refusals.putRange();
  const named = new Map(
    query.conditions.map(({ path, value }) => {
      const plain =
        path.length === 0 &&
        value.kind === 'filter' &&
        !value.negated &&
        value.field.path.length === 0 &&
        value.operation.kind === 'compare' &&
        value.operation.operator === 'eq' &&
        value.operation.quantifier === undefined;
      if (!plain) throw refusals.putFilters();
      return [value.field.name, value.operation.value] as const;
    }),
  );
  const key = table.primaryKey;
  if (key.length === 0 || named.size !== key.length || !key.every((name) => named.has(name)))
    throw refusals.putFilters();
  const rows = [JSON.parse(payload.text) as unknown].flat() as Record<string, unknown>[];
  const [row, ...others] = rows;
  const matches = key.every(
    (name) => columns.some((column) => column.name === name) && String(row?.[name]) === named.get(name),
  );
  if (others.length > 0 || !matches) throw refusals.putMismatch();
}
