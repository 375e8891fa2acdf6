import { RestError } from './rest.error.ts';

/**
 * Everything that is refused before Postgres is asked, or although it answered. Codes, statuses and words are those of
 * PostgREST 13, which clients and their tests compare.
 */
export const refusals = {
  disconnected: () =>
    new RestError(503, {
      code: 'PGRST001',
      message: 'Database client error. Retrying the connection.',
    }),
  /** A part of the query string that cannot be read; `position` counts characters from 1. */
  parse: (what: string, text: string, position: number, unexpected: string, expecting: string) =>
    new RestError(400, {
      code: 'PGRST100',
      message: `"failed to parse ${what} (${text})" (line 1, column ${position})`,
      details: `unexpected ${unexpected} expecting ${expecting}`,
    }),
  rpcMethod: (method: string) =>
    new RestError(405, { code: 'PGRST101', message: `Cannot use the ${method} method on RPC` }),
  body: (message: string) => new RestError(400, { code: 'PGRST102', message }),
  /** @param total - rows that there are, where they were counted */
  range: (details: string, total?: number) =>
    new RestError(
      416,
      { code: 'PGRST103', message: 'Requested range not satisfiable', details },
      total === undefined ? [] : [['content-range', `*/${total}`]],
    ),
  putRange: () =>
    new RestError(400, {
      code: 'PGRST114',
      message: 'limit/offset querystring parameters are not allowed for PUT',
    }),
  putFilters: () =>
    new RestError(405, {
      code: 'PGRST105',
      message: "Filters must include all and only primary key columns with 'eq' operators",
    }),
  putMismatch: () =>
    new RestError(400, {
      code: 'PGRST115',
      message: 'Payload values do not match URL in primary key column(s)',
    }),
  schema: (asked: string, exposed: readonly string[]) =>
    new RestError(406, {
      code: 'PGRST106',
      message: `Invalid schema: ${asked}`,
      hint: `Only the following schemas are exposed: ${exposed.join(', ')}`,
    }),
  accept: (types: readonly string[]) =>
    new RestError(406, {
      code: 'PGRST107',
      message: `None of these media types are available: ${types.join(', ')}`,
    }),
  notEmbedded: (name: string) =>
    new RestError(400, {
      code: 'PGRST108',
      message: `'${name}' is not an embedded resource in this request`,
      hint: `Verify that '${name}' is included in the 'select' query parameter.`,
    }),
  responseHeaders: () =>
    new RestError(500, {
      code: 'PGRST111',
      message:
        'response.headers guc must be a JSON array composed of objects with a single key and a string value',
    }),
  responseStatus: () =>
    new RestError(500, { code: 'PGRST112', message: 'response.status guc must be a valid status code' }),
  notSingular: (rows: number) =>
    new RestError(406, {
      code: 'PGRST116',
      message: 'Cannot coerce the result to a single JSON object',
      details: `The result contains ${rows} rows`,
    }),
  method: (method: string) =>
    new RestError(405, { code: 'PGRST117', message: `Unsupported HTTP method: ${method}` }),
  relatedOrder: (origin: string, target: string) =>
    new RestError(400, {
      code: 'PGRST118',
      message: `A related order on '${target}' is not possible`,
      details: `'${origin}' and '${target}' do not form a many-to-one or one-to-one relationship`,
    }),
  embedFilter: (name: string) =>
    new RestError(400, {
      code: 'PGRST120',
      message: `Bad operator on the '${name}' embedded resource`,
      details: 'Only is null or not is null filters are allowed on embedded resources',
    }),
  raisedMessage: (text: string) =>
    raised(
      `Invalid JSON value for MESSAGE: '${text}'`,
      "MESSAGE must be a JSON object with obligatory keys: 'code', 'message' and optional keys: 'details', 'hint'.",
    ),
  raisedDetail: (text?: string) =>
    raised(
      text === undefined
        ? 'DETAIL is missing in the RAISE statement'
        : `Invalid JSON value for DETAIL: '${text}'`,
      "DETAIL must be a JSON object with obligatory keys: 'status', 'headers' and optional key: 'status_text'.",
    ),
  preferences: (invalid: readonly string[]) =>
    new RestError(400, {
      code: 'PGRST122',
      message: 'Invalid preferences given with handling=strict',
      details: `Invalid preferences: ${invalid.join(', ')}`,
    }),
  aggregates: () =>
    new RestError(400, { code: 'PGRST123', message: 'Use of aggregate functions is not allowed' }),
  maxAffected: (rows: number) =>
    new RestError(400, {
      code: 'PGRST124',
      message: 'Query result exceeds max-affected preference constraint',
      details: `The query affects ${rows} rows`,
    }),
  /** As the extension safeupdate refuses it, which Supabase loads for its REST service and PGlite does not have. */
  unsafe: (statement: 'DELETE' | 'UPDATE') =>
    new RestError(400, { code: '21000', message: `${statement} requires a WHERE clause` }),
  path: () => new RestError(404, { code: 'PGRST125', message: 'Invalid path specified in request URL' }),
  maxAffectedOfScalar: () =>
    new RestError(400, {
      code: 'PGRST128',
      message:
        'Function must return SETOF or TABLE when max-affected preference is used with handling=strict',
    }),
  noRelationship: (schema: string, origin: string, target: string, hint: string | null, key?: string) =>
    new RestError(400, {
      code: 'PGRST200',
      message: `Could not find a relationship between '${origin}' and '${target}' in the schema cache`,
      details: `Searched for a foreign key relationship between '${origin}' and '${target}'${
        key === undefined ? '' : ` using the hint '${key}'`
      } in the schema '${schema}', but no matches were found.`,
      hint,
    }),
  manyRelationships: (
    origin: string,
    target: string,
    candidates: readonly { cardinality: string; embedding: string; relationship: string }[],
    names: readonly string[],
  ) =>
    new RestError(300, {
      code: 'PGRST201',
      message: `Could not embed because more than one relationship was found for '${origin}' and '${target}'`,
      details: candidates,
      hint: `Try changing '${target}' to one of the following: ${names
        .map((name) => `'${target}!${name}'`)
        .join(', ')}. Find the desired relationship in the 'details' key.`,
    }),
  noFunction: (message: string, details: string, hint: string | null) =>
    new RestError(404, { code: 'PGRST202', message, details, hint }),
  manyFunctions: (signatures: readonly string[]) =>
    new RestError(300, {
      code: 'PGRST203',
      message: `Could not choose the best candidate function between: ${signatures.join(', ')}`,
      hint: 'Try renaming the parameters or the function itself in the database so function overloading can be resolved',
    }),
  noColumn: (table: string, column: string) =>
    new RestError(400, {
      code: 'PGRST204',
      message: `Could not find the '${column}' column of '${table}' in the schema cache`,
    }),
  noTable: (schema: string, table: string, hint: string | null) =>
    new RestError(404, {
      code: 'PGRST205',
      message: `Could not find the table '${schema}.${table}' in the schema cache`,
      hint,
    }),
  token: (code: 'PGRST301' | 'PGRST303', message: string, details: string | null = null) =>
    new RestError(401, { code, message, details }, [
      ['www-authenticate', `Bearer error="invalid_token", error_description="${message}"`],
    ]),
} as const;

function raised(details: string, hint: string): RestError {
  return new RestError(500, {
    code: 'PGRST121',
    message: 'Could not parse JSON in the "RAISE SQLSTATE \'PGRST\'" error',
    details,
    hint,
  });
}
