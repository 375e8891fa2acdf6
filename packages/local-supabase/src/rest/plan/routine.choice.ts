import { refusals } from '../errors/refusals.ts';
import type { RestError } from '../errors/rest.error.ts';
import { suggest } from '../errors/suggestion.ts';
import type { Payload } from '../request/payload.ts';
import type { Schema } from '../schema/schema.cache.ts';
import { keyOf } from '../schema/schema.types.ts';
import type { Routine, TableName } from '../schema/schema.types.ts';

/** Which types of a single unnamed parameter take a whole body of a type. */
const WHOLE: Readonly<Record<Payload['type'], readonly string[]>> = {
  json: ['json', 'jsonb'],
  text: ['text'],
  xml: ['xml'],
  binary: ['bytea'],
  form: [],
  csv: [],
};

/**
 * The overload that takes exactly these arguments; where none does, one that takes the whole body.
 * @param body - its type, for a POST
 * @throws RestError PGRST202 for none, PGRST203 for several
 */
export function chooseRoutine(
  schema: Schema,
  name: TableName,
  keys: readonly string[],
  body: Payload['type'] | undefined,
): Routine {
  const overloads = [...(schema.routines.get(keyOf(name)) ?? [])].sort(bySignature);
  const given = [...new Set(keys)];
  const named = overloads.filter((routine) => takes(routine, given, body));
  const whole = overloads.filter((routine) => takesWhole(routine, body));
  const found = named.length > 0 ? named : whole;
  const [first, ...others] = found;
  if (!first) throw none(schema, name, given, body, overloads);
  if (others.length > 0) throw refusals.manyFunctions(found.map(signature));
  return first;
}

function takes({ parameters }: Routine, keys: readonly string[], body: Payload['type'] | undefined): boolean {
  if (parameters.length === 0) return keys.length === 0 && !isWhole(body);
  const names = parameters.map(({ name }) => name);
  return (
    keys.every((key) => names.includes(key)) &&
    parameters.every(({ name, required }) => !required || keys.includes(name))
  );
}

/** A body that has no keys: it can only be given as it is. */
function isWhole(body: Payload['type'] | undefined): body is 'text' | 'xml' | 'binary' {
  return body === 'text' || body === 'xml' || body === 'binary';
}

function takesWhole({ parameters }: Routine, body: Payload['type'] | undefined): boolean {
  const [only, ...others] = parameters;
  return body !== undefined && only?.name === '' && others.length === 0 && WHOLE[body].includes(only.type);
}

function signature({ schema, name, parameters }: Routine): string {
  return `${schema}.${name}(${parameters.map((parameter) => `${parameter.name} => ${parameter.type}`).join(', ')})`;
}

function bySignature(left: Routine, right: Routine): number {
  const [a, b] = [signature(left), signature(right)];
  return left.parameters.length - right.parameters.length || (a < b ? -1 : a > b ? 1 : 0);
}

function none(
  schema: Schema,
  { schema: of, name }: TableName,
  keys: readonly string[],
  body: Payload['type'] | undefined,
  overloads: readonly Routine[],
): RestError {
  const called = `${of}.${name}`;
  const sorted = [...keys].sort();
  const listed = `(${sorted.join(', ')})`;
  const whole = isWhole(body);
  const message = whole
    ? `Could not find the function ${called} in the schema cache`
    : `Could not find the function ${called}${keys.length === 0 ? ' without parameters' : listed} in the schema cache`;
  const searched = whole
    ? `with a single unnamed ${WHOLE[body][0] ?? ''} parameter`
    : `${
        keys.length === 0
          ? 'without parameters'
          : `with parameter${keys.length > 1 ? 's' : ''} ${sorted.join(', ')}`
      }${body === 'json' ? ' or with a single unnamed json/jsonb parameter' : ''}`;
  const names = [...schema.routines.values()].flat().filter((routine) => routine.schema === of);
  const meant =
    overloads.length === 0
      ? suggest(
          name,
          names.map((routine) => routine.name),
        )
      : prefixed(
          name,
          suggest(
            listed,
            overloads.map(
              ({ parameters }) =>
                `(${parameters
                  .map((one) => one.name)
                  .sort()
                  .join(', ')})`,
            ),
          ),
        );
  return refusals.noFunction(
    message,
    `Searched for the function ${called} ${searched}, but no matches were found in the schema cache.`,
    whole || meant === null || meant === name
      ? null
      : `Perhaps you meant to call the function ${of}.${meant}`,
  );
}

function prefixed(name: string, rest: string | null): string | null {
  return rest === null ? null : name + rest;
}
