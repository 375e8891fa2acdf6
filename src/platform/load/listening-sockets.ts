import { once } from 'node:events';
import { createServer as createHttpServer } from 'node:http';
import { createServer, type Server, type Socket } from 'node:net';
import type { FastifyInstance } from 'fastify';
import type { NestFastifyApplication } from '@nestjs/platform-fastify';
import type { HttpConfig } from '../config/config.js';

/** Connections that may wait to be accepted, as far as the system allows (`net.core.somaxconn`). */
const BACKLOG = 4_096;

/**
 * Listens where the configuration says.
 * @throws what `listen` of Node throws: `EADDRINUSE` for a port that another process listens at, `EACCES`, …
 */
export async function listen(app: NestFastifyApplication, http: HttpConfig): Promise<void> {
  const { host, port, listeningSockets } = http;
  const reusePort = listeningSockets > 1;
  if (reusePort && port !== 0) await assertFree(host, port);
  // Fastify passes on what it does not know.
  const options = { host, port, backlog: BACKLOG, reusePort };
  await app.listen(options);
}

/** Sockets that share a port would share it with another process of this user, too: a socket that does not share tells. */
async function assertFree(host: string, port: number): Promise<void> {
  const alone = createServer().listen({ host, port });
  await once(alone, 'listening');
  alone.close();
  await once(alone, 'close');
}

/**
 * libuv accepts one connection from each listening socket in each turn of the event loop, and turns are long when there is
 * much to do. With further sockets at the same port, among which the system distributes the connections, that many more
 * are accepted. To be called before the application listens.
 */
export function addListeningSockets(fastify: FastifyInstance, { listeningSockets }: HttpConfig): void {
  if (listeningSockets <= 1) return;
  const others: Server[] = [];
  let closed: Promise<unknown>[] = [];

  fastify.addHook('onListen', async () => {
    const address = fastify.server.address();
    if (address === null || typeof address === 'string') return;
    while (others.length < listeningSockets - 1) {
      // Of HTTP's kind: what comes in by a plain server was seen to cost four times the garbage collection, and 150 MiB.
      const other = createHttpServer();
      other.removeAllListeners('connection');
      other.on('connection', (socket: Socket) => {
        fastify.server.emit('connection', socket);
      });
      other.listen({ host: address.address, port: address.port, backlog: BACKLOG, reusePort: true });
      await once(other, 'listening');
      others.push(other);
    }
  });
  fastify.addHook('preClose', (done) => {
    closed = others.map((other) => once(other, 'close'));
    for (const other of others) other.close();
    done();
  });
  // Here the server itself has no requests any more; nor may the others when the rest of the house closes.
  fastify.addHook('onClose', async () => {
    await Promise.all(closed);
  });
}
