import { FilterError, parseFilter } from './filter.parser.ts';
import type { FilterCondition } from './filter.parser.ts';

/** What one binding of a channel listens to; '*' is any. */
export interface SubscriptionParams {
  readonly action: '*' | 'INSERT' | 'UPDATE' | 'DELETE';
  readonly schema: string;
  readonly table: string;
  readonly conditions: readonly FilterCondition[];
  /** Columns to send; null sends all. */
  readonly selected: readonly string[] | null;
}

/** Parameters that cannot be subscribed to; trying again does not help. The message is the one clients get. */
export class SubscriptionError extends Error {}

/**
 * Reads one member of `config.postgres_changes`.
 * @throws SubscriptionError
 */
export function readSubscriptionParams(params: Readonly<Record<string, unknown>>): SubscriptionParams {
  const { schema, table, filter } = params;
  const selected = readSelect(params.select);
  const action = readAction(params.event);
  const named = { action, selected, conditions: [] };
  if (typeof schema === 'string' && typeof table === 'string' && (filter === undefined || filter === null)) {
    return withoutWildcardSelect({ ...named, schema, table });
  }
  if (typeof schema === 'string' && typeof table === 'string' && typeof filter === 'string') {
    return withoutWildcardSelect({ ...named, schema, table, conditions: readFilter(filter) });
  }
  if (typeof schema === 'string' && table === undefined && filter === undefined) {
    return withoutWildcardSelect({ ...named, schema, table: '*' });
  }
  if (typeof table === 'string' && schema === undefined && filter === undefined) {
    return withoutWildcardSelect({ ...named, schema: 'public', table });
  }
  throw new SubscriptionError(
    `No subscription params provided. Please provide at least a \`schema\` or \`table\` to subscribe to: ${JSON.stringify(params)}`,
  );
}

function readFilter(filter: string): FilterCondition[] {
  try {
    return parseFilter(filter);
  } catch (error) {
    if (error instanceof FilterError)
      throw new SubscriptionError(`Error parsing \`filter\` params: ${error.message}`);
    throw error;
  }
}

function readSelect(select: unknown): string[] | null {
  if (typeof select === 'string') {
    throw new SubscriptionError(
      'Error parsing `select` params: expected a list of column name strings, e.g. select: ["col1", "col2"]',
    );
  }
  const columns = Array.isArray(select) ? select.filter((column) => typeof column === 'string') : [];
  return columns.length > 0 ? columns.sort() : null;
}

function readAction(event: unknown): SubscriptionParams['action'] {
  const name = typeof event === 'string' ? event.toUpperCase() : '*';
  return name === 'INSERT' || name === 'UPDATE' || name === 'DELETE' ? name : '*';
}

function withoutWildcardSelect(params: SubscriptionParams): SubscriptionParams {
  if (params.selected && (params.schema === '*' || params.table === '*')) {
    throw new SubscriptionError(
      'Column selection is not supported for wildcard subscriptions. Provide an explicit schema and table name.',
    );
  }
  return params;
}

/** As the messages of a failed subscription repeat them. */
export function describeParams(params: SubscriptionParams): string {
  const filters = params.conditions.map((c) => `{"${c.column}", "${c.op}", "${c.value}", ${c.negate}}`);
  const select = params.selected ? JSON.stringify(params.selected) : 'nil';
  return `event: ${params.action}, schema: ${params.schema}, table: ${params.table}, filters: [${filters.join(', ')}], select: ${select}`;
}
