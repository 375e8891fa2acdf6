import type { ReadNode } from '../plan/read.plan.ts';
import type { Condition } from '../query/query.types.ts';

/**
 * The columns of a write or a call that its answer is made of, and no others: a role may be allowed to see only some.
 * `*` stands for all that the table has. Undefined: all.
 * @param filters - whether the root's conditions look at what was returned
 */
export function neededColumns(node: ReadNode, filters: boolean): string[] | undefined {
  const named = [
    ...node.fields.map(({ field }) => field.name).filter((name) => name !== '*'),
    ...node.orders.filter(({ relation }) => relation === undefined).map(({ field }) => field.name),
    ...(filters ? node.conditions.flatMap(columnsIn) : []),
  ].filter(
    (name) =>
      !node.embeds.some(({ key, select }) => key === name || select.name === name) ||
      node.table?.columns.has(name),
  );
  let whole = node.fields.some(({ field, aggregate }) => field.name === '*' && aggregate === undefined);
  for (const { relationship } of node.embeds) {
    if ('routine' in relationship) whole = true;
    else {
      named.push(...relationship.columns.map(([own]) => own));
      named.push(...(relationship.junction?.originColumns ?? []).map(([own]) => own));
    }
  }
  if (!whole) return [...new Set(named)];
  if (!node.table) return undefined;
  // Beside a star only what the star does not bring: functions that look like columns.
  return ['*', ...new Set(named.filter((name) => !node.table?.columns.has(name)))];
}

function columnsIn(condition: Condition): string[] {
  return condition.kind === 'filter' ? [condition.field.name] : condition.conditions.flatMap(columnsIn);
}
