import type { FastifyInstance } from 'fastify';

/** `GET /status` and `/version`: whether the part is there, for waiting scripts. */
export function statusRoute(app: FastifyInstance): void {
  app.get('/status', (_request, reply) => reply.status(200).send());
  app.get('/version', () => 'local');
}
