import { refusals } from '../errors/refusals.ts';
import type { Filter } from '../query/query.types.ts';
import type { RestRequest } from '../request/rest.request.ts';
import type { Table } from '../schema/schema.types.ts';

/** A `PUT` names its one row by the primary key: the filters that do. @throws RestError PGRST105, PGRST114 */
export function putKey({ query }: RestRequest, { primaryKey }: Table): Filter[] {
  const ranges = [...query.limits, ...query.offsets];
  if (ranges.some(({ path }) => path.length === 0)) throw refusals.putRange();
  const filters = query.conditions.map(({ path, value }) => {
    const plain =
      path.length === 0 &&
      value.kind === 'filter' &&
      !value.negated &&
      value.operation.kind === 'compare' &&
      value.operation.operator === 'eq' &&
      value.operation.quantifier === undefined;
    if (!plain) throw refusals.putFilters();
    return value;
  });
  const named = new Set(filters.map(({ field }) => field.name));
  if (
    primaryKey.length === 0 ||
    named.size !== primaryKey.length ||
    !primaryKey.every((name) => named.has(name))
  )
    throw refusals.putFilters();
  return filters;
}
