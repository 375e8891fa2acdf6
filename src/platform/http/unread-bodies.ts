import type { FastifyInstance } from 'fastify';

/** So long a client may go on sending after it was answered. */
const LINGERING_MS = 30_000;

/**
 * A request can be answered before all of it has come: nobody reads a file that is refused. What the client still sends is
 * read and dropped, as many get to reading the answer only then; one that does not end is cut off.
 */
export function dropUnreadBodies(fastify: FastifyInstance): void {
  fastify.addHook('onSend', ({ raw }, reply, payload, done) => {
    // Node would close the connection of a client who wants no other request on it, in the middle of what it sends.
    if (!raw.complete && !reply.raw.shouldKeepAlive) {
      reply.raw.shouldKeepAlive = true;
      raw.once('end', () => raw.socket.end());
    }
    done(null, payload);
  });
  fastify.addHook('onResponse', ({ raw }, _reply, done) => {
    if (!raw.complete && !raw.destroyed) {
      raw.unpipe();
      raw.resume();
      const timer = setTimeout(() => raw.destroy(), LINGERING_MS).unref();
      for (const event of ['end', 'close']) raw.once(event, () => clearTimeout(timer));
    }
    done();
  });
}
