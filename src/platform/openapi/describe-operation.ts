import type { OpenAPIObject } from '@nestjs/swagger';
import { ENDPOINT_EXTENSION, type EndpointMetadata } from '../http/endpoint.decorator.js';
import type { Representation } from '../http/representation.js';
import { errorReferences } from './error-responses.js';
import { exampleOf } from './example-of.js';
import type { Operation, Schema } from './openapi.types.js';
import { reference } from './schema-of.js';
import { anyResponse, otherResponses, redirectResponse, successResponse } from './success-response.js';

/** Operations that are not endpoints of ours (none today) stay out of the documents. */
export function isDescribed(operation: Operation): boolean {
  return operation[ENDPOINT_EXTENSION] !== undefined;
}

const ACCESS_NOTE: Record<EndpointMetadata['access'], string> = {
  public: '',
  user: '',
  admin: 'For administrators.',
};

/** What the scan found of an operation, completed by what its endpoint declares. */
export function describeOperation(
  scanned: Operation,
  representation: Representation,
  document: OpenAPIObject,
): Operation {
  const { [ENDPOINT_EXTENSION]: endpoint, ...operation } = scanned;
  if (!endpoint) throw new Error(`${scanned.operationId} declares no endpoint`);
  const description = [endpoint.description, ACCESS_NOTE[endpoint.access]].filter(Boolean).join('\n\n');
  const requestBody = describeBody(operation, endpoint, representation, document);
  const status = representation === 'plain' ? endpoint.plainStatus : endpoint.envelopedStatus;
  return {
    ...operation,
    // The scan numbers the two versions of a route; each document has only one of them.
    operationId: operation.operationId.replace(/\[\d+\]$/, ''),
    ...(description === '' ? {} : { description }),
    ...(requestBody ? { requestBody } : {}),
    security: endpoint.access === 'public' ? [] : [{ password: [] }, { token: [] }],
    responses: {
      [String(status)]: successResponse(endpoint, representation, document),
      ...redirectResponse(endpoint),
      ...anyResponse(endpoint),
      ...otherResponses(endpoint),
      ...errorReferences(endpoint, representation, {
        body: requestBody !== undefined,
        input: requestBody !== undefined || (operation.parameters ?? []).length > 0,
      }),
    },
  };
}

function describeBody(
  operation: Omit<Operation, typeof ENDPOINT_EXTENSION>,
  endpoint: EndpointMetadata,
  representation: Representation,
  document: OpenAPIObject,
): Operation['requestBody'] {
  if (endpoint.content) return { required: true, content: { ...endpoint.content } };
  if (!operation.requestBody || '$ref' in operation.requestBody) return operation.requestBody;
  const scanned = Object.values(operation.requestBody.content)[0]?.schema;
  const schema = endpoint.body ? reference(endpoint.body[representation]) : scanned;
  if (!schema) return operation.requestBody;
  const media = { schema, example: exampleOf(schema, document) as object };
  const types = endpoint.consumes ?? ['application/json'];
  const required = operation.requestBody.required !== false && !isOptional(schema, document);
  return { ...operation.requestBody, required, content: Object.fromEntries(types.map((type) => [type, media])) };
}

/** No body is an empty object (`validate-input.ts`); where no property is required, that will do. */
function isOptional(schema: Schema, document: OpenAPIObject): boolean {
  const name = '$ref' in schema ? schema.$ref.replace('#/components/schemas/', '') : '';
  const named = document.components?.schemas?.[name];
  return named !== undefined && 'properties' in named && (named.required ?? []).length === 0;
}
