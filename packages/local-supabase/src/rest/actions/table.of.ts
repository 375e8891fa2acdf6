import { refusals } from '../errors/refusals.ts';
import { suggest } from '../errors/suggestion.ts';
import { keyOf } from '../schema/schema.types.ts';
import type { Table } from '../schema/schema.types.ts';
import type { Asked } from './action.types.ts';

/** A table must be this like the one asked for to be suggested. */
const LIKE_ENOUGH = 0.75;

/** The table that is asked for. @throws RestError PGRST205 */
export function tableOf({ request, picture }: Asked): Table {
  const name = request.target.kind === 'root' ? '' : request.target.name;
  const table = picture.schema.tables.get(keyOf({ schema: request.schema, name }));
  if (table) return table;
  const others = [...picture.schema.tables.values()].filter(({ schema }) => schema === request.schema);
  const meant = suggest(
    name,
    others.map((other) => other.name),
    LIKE_ENOUGH,
  );
  throw refusals.noTable(
    request.schema,
    name,
    meant === null ? null : `Perhaps you meant the table '${request.schema}.${meant}'`,
  );
}
