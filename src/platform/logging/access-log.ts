import type { FastifyInstance } from 'fastify';
import type { Logger } from 'pino';
import type { ApiRequest } from '../http/api-request.js';

/**
 * One line for each answer: which request, which route, what came of it, how long it took, for whom. The route is
 * logged as its pattern, as a path may hold what is nobody else's business; bodies, headers and queries are not logged.
 */
export function addAccessLog(fastify: FastifyInstance, logger: Logger): void {
  if (!logger.isLevelEnabled('info')) return;
  fastify.addHook('onResponse', (request, reply, done) => {
    logger.info({
      msg: 'request',
      request_id: request.id,
      method: request.method,
      route: request.routeOptions.url ?? null,
      status: reply.statusCode,
      duration_ms: Math.round(reply.elapsedTime * 10) / 10,
      actor_id: (request as ApiRequest).actor?.id ?? null,
    });
    done();
  });
}
