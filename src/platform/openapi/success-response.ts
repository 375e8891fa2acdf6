import { STATUS_CODES } from 'node:http';
import type { OpenAPIObject } from '@nestjs/swagger';
import {
  isRaw,
  isRepresented,
  type EndpointMetadata,
  type OneOrMany,
  type Shape,
} from '../http/endpoint.decorator.js';
import type { Representation } from '../http/representation.js';
import { exampleOf } from './example-of.js';
import { successHeaders } from './headers.js';
import type { ResponseObject, Schema } from './openapi.types.js';
import { reference, schemaOf } from './schema-of.js';

const ANYTHING = '*/*';
const BYTES: Schema = { type: 'string', format: 'binary' };

/** The success of an endpoint in one representation, with the concrete envelope in the enveloped one. */
export function successResponse(
  endpoint: EndpointMetadata,
  representation: Representation,
  document: OpenAPIObject,
): ResponseObject {
  const headers = successHeaders(endpoint);
  const { answer } = endpoint;
  if (!answer) return { description: 'Done; there is nothing to say.', headers };
  if (isRaw(answer)) {
    return {
      description: answer.description,
      headers,
      content: {
        [answer.contentType]: {
          schema: answer.contentType === ANYTHING ? {} : BYTES,
          example: answer.example as object,
        },
      },
    };
  }
  const shape = isRepresented(answer) ? answer[representation] : answer;
  const enveloped = representation === 'enveloped' && !endpoint.neverEnveloped;
  const schema = enveloped ? envelopeOf(shape, document) : anySchemaOf(shape);
  const status = representation === 'plain' ? endpoint.plainStatus : endpoint.envelopedStatus;
  return {
    description: STATUS_CODES[status] ?? 'Success',
    headers,
    content: { 'application/json': { schema, example: exampleOf(schema, document) } },
  };
}

/** The redirect of an endpoint that has one. */
export function redirectResponse(endpoint: EndpointMetadata): Record<string, ResponseObject> {
  const { redirect: description } = endpoint;
  if (description === undefined) return {};
  const location = {
    description: 'Where the browser goes.',
    schema: { type: 'string' as const, format: 'uri' },
    required: true,
  };
  return { '302': { description, headers: { ...successHeaders(endpoint), Location: location } } };
}

/** What is none of the answers above, where somebody else answers. */
export function anyResponse({ anyStatus: description }: EndpointMetadata): Record<string, ResponseObject> {
  return description === undefined ? {} : { default: { description, content: { [ANYTHING]: { schema: {} } } } };
}

/** The successes besides the usual one. A partial answer has the bytes of the whole one's type. */
export function otherResponses(endpoint: EndpointMetadata): Record<string, ResponseObject> {
  const { answer, otherAnswers = {} } = endpoint;
  const bytes = answer && isRaw(answer) ? { [answer.contentType]: { schema: BINARY } } : undefined;
  return Object.fromEntries(
    Object.entries(otherAnswers).map(([status, description]) => [
      status,
      { description, headers: successHeaders(endpoint), ...(status === '206' && bytes ? { content: bytes } : {}) },
    ]),
  );
}

const BINARY: Schema = { type: 'string', format: 'binary' };

/** A named schema for each envelope, so that generated clients have a type for each answer. */
function envelopeOf(shape: Shape | OneOrMany, document: OpenAPIObject): Schema {
  const name = nameOf(shape);
  const schemas = ((document.components ??= {}).schemas ??= {});
  schemas[name] = {
    type: 'object',
    required: ['success', 'data'],
    properties: { success: { type: 'boolean', const: true, example: true }, data: anySchemaOf(shape) },
  } as Schema;
  return { $ref: `#/components/schemas/${name}` };
}

function nameOf(shape: Shape | OneOrMany): string {
  if (Array.isArray(shape)) return `${shape[0].name}ListEnvelope`;
  return 'oneOrMany' in shape ? `${shape.oneOrMany.name}OrListEnvelope` : `${shape.name}Envelope`;
}

function anySchemaOf(shape: Shape | OneOrMany): Schema {
  if (Array.isArray(shape) || !('oneOrMany' in shape)) return schemaOf(shape);
  return { oneOf: [reference(shape.oneOrMany), schemaOf([shape.oneOrMany])] };
}
