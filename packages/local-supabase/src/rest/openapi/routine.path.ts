import type { Parameter, Routine } from '../schema/schema.types.ts';
import { schemaOf, typed, typeOf } from './definition.ts';

/** How a function is called: always by POST, by GET too where it changes nothing. */
export function routinePath(routine: Routine): object {
  const { name, parameters, description, volatility } = routine;
  const [summary, ...rest] = (description ?? '').split('\n');
  const common = {
    tags: [`(rpc) ${name}`],
    ...(summary === undefined || summary === '' ? {} : { summary }),
    ...(rest.length === 0 ? {} : { description: rest.join('\n').trim() }),
    produces: [
      'application/json',
      'application/vnd.pgrst.object+json;nulls=stripped',
      'application/vnd.pgrst.object+json',
    ],
    responses: { 200: { description: 'OK' } },
  };
  const required = parameters.filter((parameter) => parameter.required).map((parameter) => parameter.name);
  const body = {
    in: 'body',
    name: 'args',
    required: true,
    schema: {
      type: 'object',
      ...(description === null ? {} : { description }),
      ...(required.length === 0 ? {} : { required }),
      properties: Object.fromEntries(parameters.map((parameter) => [parameter.name, schemaOf(parameter.type)])),
    },
  };
  const inQuery = parameters.map(queryParameter);
  return {
    ...(volatility === 'volatile' ? {} : { get: { ...common, parameters: inQuery } }),
    post: { ...common, parameters: [body, { $ref: '#/parameters/preferParams' }] },
  };
}

function queryParameter({ name, type, required, variadic }: Parameter): object {
  const common = { name, in: 'query', required };
  if (variadic) {
    const format = type.slice(0, -2);
    return { ...common, type: typeOf(type), collectionFormat: 'multi', items: { ...typed(format), format } };
  }
  const asked = typeOf(type) ?? 'string';
  // An array is written as Postgres writes it.
  return { ...common, format: type, type: asked === 'array' ? 'string' : asked };
}
