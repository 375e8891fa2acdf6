import { invalidFields } from '../platform/errors/errors.js';
import { isColumn } from './rest-names.js';
import type { Equal, Filters, RestFilter } from './rest.types.js';

/** Operators that may be asked of any or all of several values: `eq(any).{1,2}`. */
const QUANTIFIED = 'eq|gte?|lte?|i?like|i?match';
const SIMPLE = 'neq|isdistinct|cs|cd|ov|sl|sr|nxr|nxl|adj';
const TEXT_SEARCH = 'fts|plfts|phfts|wfts';

/** https://docs.postgrest.org/en/stable/references/api/tables_views.html#operators */
const FILTER = new RegExp(
  `^(?:not\\.)?(?:(?:${QUANTIFIED})(?:\\((?:any|all)\\))?\\.|(?:${SIMPLE})\\.|(?:${TEXT_SEARCH})(?:\\([^()]+\\))?\\.|` +
    `in\\.(?=\\(.*\\)$)|is\\.(?=(?:null|not_null|true|false|unknown)$))`,
  'is',
);

/** `and`, `or` and their negations, whose value is a list of filters; of an embedded resource with its name before. */
const LOGIC = /^(?:(?<resource>.+)\.)??(?:not\.)?(?:and|or)$/s;

/** What PostgREST, or the gateway before it, reads as something else than a filter. */
const RESERVED = /(?:^|\.)(?:select|order|limit|offset|columns|on_conflict|apikey)$/;

/**
 * Filters as the parameters of a request.
 * @throws AppError `validation` with one entry for each that is none
 */
export function filterParameters(filters: Filters): RestFilter[] {
  const pairs = isList(filters)
    ? filters
    : Object.entries(filters).map(([column, value]): RestFilter => [column, equals(value)]);
  const errors = pairs.flatMap(([column, filter]) => {
    const message = faultOf(column, filter);
    return message === undefined ? [] : [{ field: column.slice(0, 100), message }];
  });
  if (errors.length > 0) throw invalidFields(errors);
  return [...pairs];
}

/**
 * As `filterParameters`, for what changes rows: there has to be a filter, and on the table itself, as one on an embedded
 * resource would leave all of its rows in.
 */
export function restrictingParameters(filters: Filters, act: 'update' | 'delete'): RestFilter[] {
  const parameters = filterParameters(filters);
  const elsewhere = parameters.filter(([column]) => {
    const logic = LOGIC.exec(column);
    return logic ? logic.groups?.resource !== undefined : column.includes('.');
  });
  if (elsewhere.length > 0) {
    throw invalidFields(
      elsewhere.map(([field]) => ({ field, message: `${field} is not a column of the table` })),
    );
  }
  if (parameters.length === 0) {
    throw invalidFields([
      { field: 'filters', message: `to ${act} rows, say which: at least one filter is needed` },
    ]);
  }
  return parameters;
}

const isList = (filters: Filters): filters is readonly RestFilter[] => Array.isArray(filters);

function faultOf(column: string, filter: string): string | undefined {
  if (filter.includes('\0')) return 'a filter must not contain a NUL character';
  const logic = LOGIC.exec(column);
  if (logic && isColumn(logic.groups?.resource ?? 'table')) {
    return /^\(.+\)$/s.test(filter) ? undefined : `${column} must be filters in parentheses: (a.eq.1,b.gt.2)`;
  }
  if (RESERVED.test(column) || !isColumn(column)) return `${column.slice(0, 100)} is not a column`;
  return FILTER.test(filter)
    ? undefined
    : `${column} must be a filter such as eq.value; operators are those of PostgREST`;
}

function equals(value: Equal): string {
  if (value === null) return 'is.null';
  if (typeof value === 'object') return `in.(${value.map((one) => `"${escape(String(one))}"`).join(',')})`;
  return `eq.${String(value)}`;
}

const escape = (text: string): string => text.replace(/[\\"]/g, '\\$&');
