import {
  applyDecorators,
  Delete,
  Get,
  HttpCode,
  Options,
  Patch,
  Post,
  Put,
  SetMetadata,
  type Type,
} from '@nestjs/common';
import { RouteConfig } from '@nestjs/platform-fastify';
import { ApiBody, ApiExtension, ApiExtraModels, ApiOperation } from '@nestjs/swagger';
import type { Represented } from './representation.js';

/** Who may call: anybody, somebody with a valid token, or an administrator. */
export type Access = 'public' | 'user' | 'admin';

/** A class that describes a body: a DTO, or an array of one. */
export type Shape = Type | [Type];

/** A file's bytes, an event stream or the like, described by its content type. */
export interface RawAnswer {
  contentType: string;
  description: string;
  /** As it comes over the wire, or as JSON. */
  example: unknown;
}

/** One resource, or a list of them, as the input asks for. */
export interface OneOrMany {
  oneOrMany: Type;
}

/** Refusals an endpoint can give besides those that follow from its access and its input. */
export type Refusal =
  'not_found' | 'conflict' | 'authentication' | 'permission' | 'guessing' | 'upstream' | 'range';

/** One endpoint: what it takes, what it answers, who may call it. Policy and documentation are one thing. */
export interface EndpointOptions {
  access: Access;
  /** A short sentence for the table of contents of the API. */
  summary: string;
  /** Markdown, where the summary does not say it all. */
  description?: string;
  /** Only needed where the representations differ; otherwise the parameter's type is the body. */
  body?: Represented<Type>;
  /** The media types the body may come in, if not JSON. */
  consumes?: string[];
  /** Numbers of the body that JavaScript cannot hold keep their digits, see `parseExactNumbers`. */
  exactNumbers?: boolean;
  /** The body is not read before the handler, which takes it from the request as it flows, whatever its type. */
  streamsBody?: boolean;
  /** Of a streamed body: what it may come as. */
  content?: Readonly<Record<string, { schema: object; example: unknown }>>;
  /** The answer's shape; absent for 204. */
  answer?: Shape | Represented<Shape> | RawAnswer | OneOrMany;
  /** Default: 200, or 204 without an answer. */
  status?: number | Represented<number>;
  /** What it redirects to in some cases (302), instead of answering. */
  redirect?: string;
  /** Somebody else answers, who may do so with any status: what that means. */
  anyStatus?: string;
  /** Successes besides the one above, which have no body of ours: status → what it means. */
  otherAnswers?: Readonly<Record<number, string>>;
  refusals?: Refusal[];
  /** Response headers besides those that every answer has: name → what it says. */
  headers?: Record<string, string>;
  /** Not counted against the daily quota (`/health`, the docs). */
  uncounted?: boolean;
  /** Answers the same bytes in both representations. */
  neverEnveloped?: boolean;
  /** Errors come as a standard wants them, instead of in the representations' own shapes. */
  errors?: 'oauth2';
}

/** An endpoint's options as kept on its handler. */
export interface EndpointMetadata extends EndpointOptions {
  method: string;
  path: string;
  plainStatus: number;
  envelopedStatus: number;
}

export const ENDPOINT = Symbol('endpoint');

/** Carries the metadata to where the OpenAPI documents are made; it is not in the documents. */
export const ENDPOINT_EXTENSION = 'x-endpoint';

const METHODS = { GET: Get, POST: Post, PUT: Put, PATCH: Patch, DELETE: Delete, OPTIONS: Options } as const;

/** `HEAD` is answered wherever `GET` is. */
export type EndpointMethod = keyof typeof METHODS;

/**
 * The one decorator of a handler. A handler without it does not start (`endpoint-check.ts`).
 *
 * @example
 * ⁣@Endpoint('GET', 'me', { access: 'user', summary: 'Who I am', answer: UserDto })
 * me(@CurrentActor() actor: Actor): Promise<UserDto> { return this.users.get(actor.id); }
 */
export function Endpoint(method: EndpointMethod, path: string, options: EndpointOptions): MethodDecorator {
  const fallback = options.answer ? 200 : 204;
  const status = options.status ?? fallback;
  const metadata: EndpointMetadata = {
    ...options,
    method,
    path,
    plainStatus: typeof status === 'number' ? status : status.plain,
    envelopedStatus: typeof status === 'number' ? status : status.enveloped,
  };
  return applyDecorators(
    METHODS[method](path),
    HttpCode(metadata.plainStatus),
    SetMetadata(ENDPOINT, metadata),
    // Within reach of Fastify's hooks and, without reflection, of the guards.
    RouteConfig({ endpoint: metadata }),
    ApiOperation({
      summary: options.summary,
      ...(options.description === undefined ? {} : { description: options.description }),
    }),
    ApiExtension(ENDPOINT_EXTENSION, metadata),
    ApiExtraModels(...modelsOf(options)),
    ...(options.body ? [ApiBody({ type: options.body.plain })] : []),
  );
}

/** Every class an endpoint mentions, so that the OpenAPI file has them all. */
export function modelsOf({ body, answer }: EndpointOptions): Type[] {
  const bodies = body ? [body.plain, body.enveloped] : [];
  return [...bodies, ...shapesOf(answer).map((shape) => (Array.isArray(shape) ? shape[0] : shape))];
}

function shapesOf(answer: EndpointOptions['answer']): Shape[] {
  if (!answer || isRaw(answer)) return [];
  if (isOneOrMany(answer)) return [answer.oneOrMany];
  return isRepresented(answer) ? [answer.plain, answer.enveloped] : [answer];
}

export function isRaw(answer: NonNullable<EndpointOptions['answer']>): answer is RawAnswer {
  return typeof answer === 'object' && 'contentType' in answer;
}

export function isRepresented(answer: NonNullable<EndpointOptions['answer']>): answer is Represented<Shape> {
  return typeof answer === 'object' && 'plain' in answer;
}

export function isOneOrMany(answer: NonNullable<EndpointOptions['answer']>): answer is OneOrMany {
  return typeof answer === 'object' && 'oneOrMany' in answer;
}
