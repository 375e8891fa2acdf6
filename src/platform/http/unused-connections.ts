import type { Socket } from 'node:net';
import type { FastifyInstance } from 'fastify';

/**
 * Connections over which nothing was ever asked (browsers and HTTP clients open such ahead of need) count as busy for
 * Node, so a server that ends would wait for them for a minute. They are closed at once.
 */
export function closeUnusedConnections(fastify: FastifyInstance): void {
  const sockets = new Set<Socket>();
  fastify.server.on('connection', (socket: Socket) => {
    sockets.add(socket);
    socket.once('close', () => sockets.delete(socket));
  });
  fastify.addHook('preClose', (done) => {
    for (const socket of sockets) if (socket.bytesRead === 0) socket.destroy();
    done();
  });
}
