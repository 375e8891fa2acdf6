import type { Table } from '../schema/schema.types.ts';

const ref = (name: string): object => ({ $ref: `#/parameters/${name}` });

/** What may be done with a table. */
export function tablePath(table: Table): object {
  const { name, description } = table;
  const [summary, ...rest] = (description ?? '').split('\n');
  const common = {
    tags: [name],
    ...(summary === undefined || summary === '' ? {} : { summary }),
    ...(rest.length === 0 ? {} : { description: rest.join('\n').trim() }),
  };
  const filters = [...table.columns.keys()].map((column) => ref(`rowFilter.${name}.${column}`));
  const done = { 204: { description: 'No Content' } };
  return {
    get: {
      ...common,
      parameters: [...filters, ...['select', 'order', 'range', 'rangeUnit', 'offset', 'limit', 'preferCount'].map(ref)],
      responses: {
        200: { description: 'OK', schema: { type: 'array', items: { $ref: `#/definitions/${name}` } } },
        206: { description: 'Partial Content' },
      },
    },
    ...(table.insertable || table.updatable || table.deletable
      ? {
          post: {
            ...common,
            parameters: [ref(`body.${name}`), ref('select'), ref('preferPost')],
            responses: { 201: { description: 'Created' } },
          },
          patch: {
            ...common,
            parameters: [...filters, ref(`body.${name}`), ref('preferReturn')],
            responses: done,
          },
          delete: { ...common, parameters: [...filters, ref('preferReturn')], responses: done },
        }
      : {}),
  };
}

/** The parameters that the paths of a table refer to. */
export function filterParameters(table: Table): [string, object][] {
  const { name } = table;
  return [
    [
      `body.${name}`,
      { name, description: name, required: false, in: 'body', schema: { $ref: `#/definitions/${name}` } },
    ],
    ...[...table.columns.values()].map(
      (column): [string, object] => [
        `rowFilter.${name}.${column.name}`,
        {
          name: column.name,
          ...(column.description === null ? {} : { description: column.description }),
          required: false,
          in: 'query',
          type: 'string',
        },
      ],
    ),
  ];
}

const query = (name: string, description: string): object => ({
  name,
  description,
  required: false,
  in: 'query',
  type: 'string',
});
const header = (name: string, description: string, more: object = {}): object => ({
  name,
  description,
  required: false,
  in: 'header',
  type: 'string',
  ...more,
});
const returns = ['return=representation', 'return=minimal', 'return=none'];

export const FIXED_PARAMETERS: Readonly<Record<string, object>> = {
  preferParams: header('Prefer', 'Preference', { enum: ['params=single-object'] }),
  preferReturn: header('Prefer', 'Preference', { enum: returns }),
  preferCount: header('Prefer', 'Preference', { enum: ['count=none'] }),
  preferPost: header('Prefer', 'Preference', {
    enum: [...returns, 'resolution=ignore-duplicates', 'resolution=merge-duplicates'],
  }),
  select: query('select', 'Filtering Columns'),
  on_conflict: query('on_conflict', 'On Conflict'),
  order: query('order', 'Ordering'),
  range: header('Range', 'Limiting and Pagination'),
  rangeUnit: header('Range-Unit', 'Limiting and Pagination', { default: 'items' }),
  offset: query('offset', 'Limiting and Pagination'),
  limit: query('limit', 'Limiting and Pagination'),
};
