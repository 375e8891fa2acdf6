import type { operations } from '#openapi';
import type { OPERATIONS } from '../generated/operations.ts';
import type { RetryOptions } from './retry.ts';

/** Every operation of the API but the streams, by its id in the OpenAPI document. */
export type OperationId = keyof typeof OPERATIONS & keyof operations;

/** What can be said of any call besides its input. */
export interface CallOptions {
  signal?: AbortSignal;
  headers?: Record<string, string>;
  retry?: RetryOptions;
}

/** True where nothing of a type has to be there. */
type AllOptional<T> = T extends object ? (Partial<T> extends T ? true : false) : false;

/** A part of the input: absent where the operation has none, optional where it may be left out. */
type Part<Name extends string, T> = [T] extends [undefined]
  ? unknown
  : undefined extends T
    ? Partial<Record<Name, T>>
    : AllOptional<T> extends true
      ? Partial<Record<Name, T>>
      : Record<Name, T>;

type Parameters<Id extends OperationId> = operations[Id]['parameters'];
type In<Id extends OperationId, Place extends string> = Place extends keyof Parameters<Id>
  ? Parameters<Id>[Place]
  : undefined;

type BodyOf<Id extends OperationId> = operations[Id] extends { requestBody: { content: infer Content } }
  ? Content[keyof Content]
  : operations[Id] extends { requestBody?: { content: infer Content } }
    ? Content[keyof Content] | undefined
    : undefined;

/** What an operation takes: the parameters of its path and query, and its body. */
export type Input<Id extends OperationId> = Part<'path', In<Id, 'path'>> &
  Part<'query', In<Id, 'query'>> &
  Part<'body', BodyOf<Id>> &
  CallOptions;

type Success<Id extends OperationId> = operations[Id]['responses'] extends infer Responses
  ? Responses[keyof Responses & (200 | 201 | 202 | 204)]
  : never;

/** What an operation answers: its JSON, undefined where there is nothing, or the whole `Response` where it is bytes. */
export type Output<Id extends OperationId> =
  Success<Id> extends { content: infer Content }
    ? Content extends { 'application/json': infer Json }
      ? Json
      : [Content] extends [never]
        ? undefined
        : Response
    : undefined;

/** One function for each operation. The input may be left out where nothing in it is required. */
export type Operations = {
  [Id in OperationId]: AllOptional<Input<Id>> extends true
    ? (input?: Input<Id>) => Promise<Output<Id>>
    : (input: Input<Id>) => Promise<Output<Id>>;
};
