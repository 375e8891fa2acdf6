import type { FastifyInstance, FastifyRequest } from 'fastify';
import type { LoadConfig } from '../config/config.js';
import { invalid, notFound, requestTimeout, unsupportedMediaType } from '../errors/errors.js';
import { endpointOf } from './api-request.js';
import type { EndpointMetadata } from './endpoint.decorator.js';
import { parseExactNumbers } from './exact-numbers.js';

const FORM = 'application/x-www-form-urlencoded';
/** A name of ours for bodies that are not to be read; see `addBodyParsers`. */
const STREAM = 'application/x-unread-stream';
const FORM_LIMIT_BYTES = 16_384;

/** Whatever walks through a value (validation, JSON, the database) does so on the stack. */
const MAX_DEPTH = 64;

/**
 * What a body may be: JSON everywhere (an empty one counts as none, as many clients announce JSON on every request),
 * and a form where an endpoint says that it takes one. The body of an endpoint that streams it is left in the request.
 */
export function addBodyParsers(fastify: FastifyInstance, { bodyTimeoutMs }: LoadConfig): void {
  const parseJson = fastify.getDefaultJsonParser('error', 'error');
  fastify.removeContentTypeParser('application/json');
  fastify.addContentTypeParser<string>('application/json', { parseAs: 'string' }, (request, body, done) => {
    if (takesFormsOnly(endpointOf(request))) {
      done(unsupportedMediaType());
      return;
    }
    if (body.trim() === '') {
      done(null, undefined);
      return;
    }
    void parseJson(request, body, (error, parsed) => {
      if (error) done(invalid('The request body is not valid JSON.', { cause: error }));
      else if (isDeeperThan(MAX_DEPTH, parsed)) done(invalid('The request body is nested too deeply.'));
      else done(null, endpointOf(request)?.exactNumbers ? parseExactNumbers(body) : parsed);
    });
  });
  refuseBodiesUnread(fastify);
  leaveStreamsAlone(fastify);
  boundTheTimeOfOthers(fastify, bodyTimeoutMs);
  // Fastify would hand plain text to handlers that expect JSON.
  fastify.removeContentTypeParser('text/plain');
  fastify.addContentTypeParser<string>(
    FORM,
    { parseAs: 'string', bodyLimit: FORM_LIMIT_BYTES },
    (request, body, done) => {
      if (endpointOf(request)?.consumes?.includes(FORM)) {
        done(null, Object.fromEntries(new URLSearchParams(body)));
      } else {
        done(unsupportedMediaType());
      }
    },
  );
}

/** What the body is does not matter where nobody would take it, and a compressed one is nothing that a parser could read. */
function refuseBodiesUnread(fastify: FastifyInstance): void {
  fastify.addHook('preParsing', (request, _reply, payload, done) => {
    const encoding = request.headers['content-encoding']?.trim().toLowerCase() ?? 'identity';
    if (request.is404) done(notFound('There is nothing at this path.'));
    else if (hasBody(request) && encoding !== 'identity' && !endpointOf(request)?.streamsBody)
      done(unsupportedMediaType('This content encoding is not supported here.'));
    else done(null, payload);
  });
}

function hasBody({ raw }: FastifyRequest): boolean {
  const { 'content-length': length, 'transfer-encoding': encoding } = raw.headers;
  return encoding !== undefined || Number(length ?? 0) > 0;
}

/**
 * The parser is chosen by the content type, so a body that must not be read gets a type of its own before that. What the
 * client sent stays in `request.raw.headers`.
 */
function leaveStreamsAlone(fastify: FastifyInstance): void {
  fastify.addHook('preParsing', (request, _reply, payload, done) => {
    if (endpointOf(request)?.streamsBody) request.headers = { 'content-type': STREAM };
    done(null, payload);
  });
  fastify.addContentTypeParser(STREAM, (request, _payload, done) => {
    // Somebody else may know the name, too.
    if (endpointOf(request)?.streamsBody) done(null, undefined);
    else done(unsupportedMediaType());
  });
}

/** A file may take as long as it keeps coming. */
function boundTheTimeOfOthers(fastify: FastifyInstance, timeoutMs: number): void {
  fastify.addHook('preParsing', (request, reply, payload, done) => {
    if (hasBody(request) && !endpointOf(request)?.streamsBody) {
      const timer = setTimeout(() => {
        if (!reply.sent) void reply.header('connection', 'close').send(requestTimeout());
      }, timeoutMs).unref();
      for (const event of ['end', 'close']) payload.once(event, () => clearTimeout(timer));
    }
    done(null, payload);
  });
}

function takesFormsOnly(endpoint: EndpointMetadata | undefined): boolean {
  return endpoint?.consumes?.every((type) => type === FORM) ?? false;
}

function isDeeperThan(levels: number, value: unknown): boolean {
  if (typeof value !== 'object' || value === null) return false;
  return levels === 0 || Object.values(value).some((inner) => isDeeperThan(levels - 1, inner));
}
