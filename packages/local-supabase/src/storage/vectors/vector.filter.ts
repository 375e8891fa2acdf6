import { STORAGE_ERRORS } from '../errors/storage.errors.ts';
import { isTooDeep } from './json.depth.ts';
import type { Metadata } from './vector.types.ts';

type Test = (metadata: Metadata) => boolean;
type Primitive = string | number | boolean;

/**
 * Reads the filter of a query: fields with values or operators, and `$and` and `$or` of filters. Values are compared as
 * texts, as storage-api compares them in Postgres, orders only among numbers.
 * @throws StorageError InvalidParameter
 */
export function readFilter(filter: unknown): Test {
  if (isTooDeep(filter)) throw invalid('Filter nests too deep');
  return readClauses(filter);
}

function readClauses(filter: unknown): Test {
  const entries = entriesOf(filter, 'Filter must be an object');
  if (entries.length === 0) throw invalid('Filter must contain at least one clause');
  const logical = entries.find(([name]) => name === '$and' || name === '$or');
  if (logical) {
    if (entries.length > 1) throw invalid(`Logical operator must be the only key: ${logical[0]}`);
    return readLogical(...logical);
  }
  const tests = entries.map(([field, wanted]) => readField(field, wanted));
  return (metadata) => tests.every((test) => test(metadata));
}

function readLogical(name: string, parts: unknown): Test {
  if (!Array.isArray(parts) || parts.length === 0) throw invalid(`${name} requires a non-empty array`);
  const tests = parts.map(readClauses);
  return name === '$and'
    ? (metadata) => tests.every((test) => test(metadata))
    : (metadata) => tests.some((test) => test(metadata));
}

function readField(field: string, wanted: unknown): Test {
  if (field.startsWith('$')) throw invalid(`Unexpected operator "${field}" at field position`);
  if (typeof wanted !== 'object') return readOperator(field, '$eq', wanted);
  const operators = entriesOf(wanted, `Unsupported value of "${field}"`);
  if (operators.length === 0) throw invalid(`Empty operator object for field "${field}"`);
  const tests = operators.map(([name, operand]) => readOperator(field, name, operand));
  return (metadata) => tests.every((test) => test(metadata));
}

const ORDERS: ReadonlyMap<string, (a: number, b: number) => boolean> = new Map([
  ['$gt', (a, b) => a > b],
  ['$gte', (a, b) => a >= b],
  ['$lt', (a, b) => a < b],
  ['$lte', (a, b) => a <= b],
]);

function readOperator(field: string, name: string, operand: unknown): Test {
  const order = ORDERS.get(name);
  if (order) {
    if (typeof operand !== 'number') throw invalid(`${name} requires a number for "${field}"`);
    return ({ [field]: value }) => typeof value === 'number' && order(value, operand);
  }
  switch (name) {
    case '$eq':
      return isOneOf(field, [operand], true);
    case '$ne':
      return isOneOf(field, [operand], false);
    case '$in':
    case '$nin':
      if (!Array.isArray(operand) || operand.length === 0)
        throw invalid(`${name} requires a non-empty array for "${field}"`);
      return isOneOf(field, operand, name === '$in');
    case '$exists':
      if (typeof operand !== 'boolean') throw invalid(`$exists requires a boolean for "${field}"`);
      return (metadata) => Object.hasOwn(metadata, field) === operand;
    default:
      throw invalid(`Unsupported field operator: ${name}`);
  }
}

/** Neither is, nor is not, where there is no value. */
function isOneOf(field: string, values: readonly unknown[], wanted: boolean): Test {
  const texts = new Set(values.map((value) => String(primitive(value))));
  return (metadata) => {
    const value = Object.hasOwn(metadata, field) ? metadata[field] : undefined;
    if (value === undefined) return false;
    return texts.has(typeof value === 'string' ? value : JSON.stringify(value)) === wanted;
  };
}

function primitive(value: unknown): Primitive {
  if (typeof value === 'string' || typeof value === 'number' || typeof value === 'boolean') return value;
  throw invalid(`Unsupported filter value type: ${typeof value}`);
}

function entriesOf(value: unknown, otherwise: string): [string, unknown][] {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) throw invalid(otherwise);
  return Object.entries(value);
}

const invalid = (message: string): Error => STORAGE_ERRORS.invalidParameter('filter', message);
