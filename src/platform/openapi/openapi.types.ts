import type { OpenAPIObject } from '@nestjs/swagger';
import type { EndpointMetadata } from '../http/endpoint.decorator.js';

type Components = NonNullable<OpenAPIObject['components']>;

/** A schema, or a reference to one. */
export type Schema = NonNullable<Components['schemas']>[string];
export type ReferenceObject = Extract<Schema, { $ref: string }>;
/** With `const`, which OpenAPI 3.1 knows and the library's types do not. */
export type SchemaObject = Exclude<Schema, ReferenceObject> & { const?: unknown };
export type ResponseObject = Exclude<NonNullable<Components['responses']>[string], ReferenceObject>;
export type HeadersObject = NonNullable<ResponseObject['headers']>;

type OperationObject = NonNullable<OpenAPIObject['paths'][string]['get']>;

/** An operation as the scan leaves it: with our metadata still on it. */
export type Operation = OperationObject & { operationId: string; 'x-endpoint'?: EndpointMetadata };

export type PathItem = Record<string, Operation>;
