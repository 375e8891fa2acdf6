import type { Payload } from '../request/payload.ts';
import type { Parameter, Routine } from '../schema/schema.types.ts';
import { arrayLiteral } from './condition.sql.ts';
import { EMPTY, identifier, join, raw, sql, value } from './sql.ts';
import type { Sql } from './sql.ts';

/** What a function is called with: a JSON object of arguments, a whole body, or what stood in the query string. */
export type CallArguments =
  | { readonly kind: 'json'; readonly payload: Payload; readonly parameters: readonly Parameter[] }
  | { readonly kind: 'whole'; readonly payload: Payload; readonly parameter: Parameter }
  | {
      readonly kind: 'query';
      readonly given: readonly (readonly [string, string])[];
      readonly parameters: readonly Parameter[];
    };

/** The only column of what a function returns that returns no rows. */
export const SCALAR = 'pgrst_scalar';
const CALL = 'pgrst_call';

/** @param returning - columns of the rows; a scalar has but one */
export function callSql(
  routine: Routine,
  args: CallArguments,
  returning: readonly string[] | undefined,
): Sql {
  const name = identifier(routine.schema, routine.name);
  const { before, list } = argumentsSql(args);
  if (!routine.returnsRows) {
    // Called here, for a record of unknown columns can stand in no FROM.
    const called = sql`(SELECT ${name}(${join(list)}) AS ${identifier(SCALAR)})`;
    return sql`SELECT ${identifier(CALL, SCALAR)} FROM ${before}${called} AS ${identifier(CALL)}`;
  }
  const call = sql`${before}${name}(${join(list)}) AS ${identifier(CALL)}`;
  const columns = returning?.map((column) =>
    column === '*' ? sql`${identifier(CALL)}.*` : identifier(CALL, column),
  ) ?? [sql`${identifier(CALL)}.*`];
  return sql`SELECT ${join(columns)} FROM ${call}`;
}

function argumentsSql(args: CallArguments): { before: Sql; list: Sql[] } {
  if (args.kind !== 'whole' && args.parameters.length === 0) return { before: EMPTY, list: [] };
  switch (args.kind) {
    case 'whole':
      return { before: EMPTY, list: [sql`${value(args.payload.text)}::${raw(args.parameter.accepts)}`] };
    case 'query':
      return {
        before: EMPTY,
        list: args.parameters.map((parameter) => {
          const given = args.given.filter(([key]) => key === parameter.name).map(([, text]) => text);
          // A variadic one is named several times, or written as an array.
          const text =
            parameter.variadic && !(given.length === 1 && given[0]?.startsWith('{'))
              ? arrayLiteral(given)
              : (given.at(-1) ?? '');
          return named(parameter, sql`${value(text)}::${raw(parameter.accepts)}`);
        }),
      };
    case 'json': {
      const { payload, parameters } = args;
      const types = parameters.map(({ name, accepts }) => sql`${identifier(name)} ${raw(accepts)}`);
      const document = sql`${value(payload.text)}::json`;
      // Of a list the first counts.
      const given = payload.isArray ? sql`(${document}->0)` : document;
      return {
        before: sql`json_to_record(${given}) AS pgrst_args(${join(types)}), LATERAL `,
        list: parameters.map((parameter) => named(parameter, identifier('pgrst_args', parameter.name))),
      };
    }
  }
}

function named({ name, variadic }: Parameter, given: Sql): Sql {
  return sql`${raw(variadic ? 'VARIADIC ' : '')}${identifier(name)} := ${given}`;
}
