import type { Schema } from '../schema/schema.cache.ts';
import type { Table } from '../schema/schema.types.ts';
import { definitionOf } from './definition.ts';
import { routinePath } from './routine.path.ts';
import { filterParameters, FIXED_PARAMETERS, tablePath } from './table.path.ts';

export interface Visible {
  readonly tables: ReadonlySet<string>;
  readonly routines: ReadonlySet<string>;
}

/** The OpenAPI 2 document that PostgREST serves at its root, of one schema. */
export function openApiDocument(schema: Schema, name: string, host: string, visible: Visible): object {
  const tables = [...schema.tables.values()]
    .filter((table) => table.schema === name && visible.tables.has(table.name))
    .sort(byName);
  const routines = [...schema.routines.values()]
    .flatMap(([first]) => (first ? [first] : []))
    .filter((routine) => routine.schema === name && visible.routines.has(routine.name))
    .sort(byName);
  return {
    swagger: '2.0',
    info: {
      description: '',
      title: 'standard public schema',
      version: '13.0.5',
    },
    host,
    basePath: '/rest/v1/',
    schemes: ['http'],
    consumes: MEDIA,
    produces: MEDIA,
    paths: {
      '/': {
        get: {
          tags: ['Introspection'],
          summary: 'OpenAPI description (this document)',
          produces: ['application/openapi+json', 'application/json'],
          responses: { 200: { description: 'OK' } },
        },
      },
      ...Object.fromEntries(tables.map((table) => [`/${table.name}`, tablePath(table)])),
      ...Object.fromEntries(routines.map((routine) => [`/rpc/${routine.name}`, routinePath(routine)])),
    },
    definitions: Object.fromEntries(tables.map((table) => [table.name, definitionOf(table, referencesOf(schema, table))])),
    parameters: {
      ...FIXED_PARAMETERS,
      ...Object.fromEntries(tables.flatMap(filterParameters)),
    },
    externalDocs: { description: 'PostgREST Documentation', url: 'https://postgrest.org/en/v13/references/api.html' },
  };
}

const MEDIA = [
  'application/json',
  'application/vnd.pgrst.object+json;nulls=stripped',
  'application/vnd.pgrst.object+json',
  'text/csv',
];

function byName(left: { name: string }, right: { name: string }): number {
  return left.name < right.name ? -1 : 1;
}

/** Where a column's foreign key leads. */
function referencesOf(schema: Schema, table: Table): ReadonlyMap<string, { table: string; column: string }> {
  const key = JSON.stringify([table.schema, table.name]);
  const found = (schema.relationships.get(key) ?? []).filter(
    ({ holdsKey, columns, targetIsView }) => holdsKey && columns.length === 1 && !targetIsView,
  );
  return new Map(found.map(({ columns, target }) => [columns[0]?.[0] ?? '', { table: target.name, column: columns[0]?.[1] ?? '' }]));
}
