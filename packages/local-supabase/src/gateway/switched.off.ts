import type { Part } from '../context.ts';

/** What the gateway says where a service does not run. */
const NOBODY = JSON.stringify({ message: 'name resolution failed' });

/**
 * A part that `config.toml` switches off. As under the Supabase CLI its paths are still those of the gateway, keys and all,
 * with nobody behind them; what it has in the database is there.
 */
export function switchedOff({ prefix, isOpen, migrate, close }: Part): Part {
  return {
    prefix,
    ...(isOpen && { isOpen }),
    ...(migrate && { migrate }),
    ...(close && { close }),
    routes(app) {
      app.removeAllContentTypeParsers();
      app.addContentTypeParser('*', (_request, _body, done) => done(null));
      app.all('/*', (_request, reply) => reply.code(503).type('application/json').send(NOBODY));
      return Promise.resolve();
    },
    upgrade(_request, socket) {
      socket.end(
        `HTTP/1.1 503 Service Unavailable\r\ncontent-type: application/json\r\ncontent-length: ${NOBODY.length}\r\n` +
          `connection: close\r\n\r\n${NOBODY}`,
      );
    },
  };
}
