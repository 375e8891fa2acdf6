import type { FastifyInstance } from 'fastify';
import { invalid, unsupportedMediaType } from '../errors/errors.js';
import { endpointOf } from './api-request.js';

const FORM = 'application/x-www-form-urlencoded';
const FORM_LIMIT_BYTES = 16_384;

/**
 * What a body may be: JSON everywhere (an empty one counts as none, as many clients announce JSON on every request),
 * and a form where an endpoint says that it takes one.
 */
export function addBodyParsers(fastify: FastifyInstance): void {
  const parseJson = fastify.getDefaultJsonParser('error', 'error');
  fastify.removeContentTypeParser('application/json');
  fastify.addContentTypeParser<string>('application/json', { parseAs: 'string' }, (request, body, done) => {
    if (body.trim() === '') {
      done(null, undefined);
      return;
    }
    void parseJson(request, body, (error, parsed) =>
      done(error ? invalid('The request body is not valid JSON.', { cause: error }) : null, parsed),
    );
  });
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
