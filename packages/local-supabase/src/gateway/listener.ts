import { once } from 'node:events';
import { createServer } from 'node:http';
import type { RequestListener, Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { Duplex } from 'node:stream';
import { takePort } from '../port.ts';

/**
 * An HTTP server that listens before anybody answers, so that its port is known to those who are yet to be built, and
 * a taken port is noticed before anything else is done.
 */
export class Listener {
  readonly server: Server;
  private handler: RequestListener | undefined;
  /** Connections that are WebSockets by now: the server does not count them among its own, but waits for them. */
  private readonly upgraded = new Set<Duplex>();

  constructor() {
    this.server = createServer((request, response) => {
      if (this.handler) this.handler(request, response);
      else response.writeHead(503, { 'retry-after': '1' }).end('{"message":"starting"}');
    });
    this.server.on('upgrade', (_request, socket: Duplex) => {
      this.upgraded.add(socket);
      // From here on Node does not listen, and a client that goes away before anybody else does would end the process.
      socket.on('error', () => socket.destroy());
      socket.once('close', () => this.upgraded.delete(socket));
      // One may still come, on a connection that was kept alive, when no new connections are taken any more.
      if (!this.handler || !this.server.listening) socket.destroy();
    });
  }

  /** @returns the port. @throws PortUnavailable */
  async listen(port: number, purpose: string): Promise<number> {
    await takePort(port, purpose, () => once(this.server.listen(port, '127.0.0.1'), 'listening'));
    return (this.server.address() as AddressInfo).port;
  }

  /** Fastify's `serverFactory`. */
  attach = (handler: RequestListener): Server => {
    this.handler = handler;
    return this.server;
  };

  async close(): Promise<void> {
    if (!this.server.listening) return;
    const closed = new Promise((resolve) => this.server.close(resolve));
    this.server.closeIdleConnections();
    for (const socket of this.upgraded) socket.destroy();
    // What runs may finish; what hangs must not keep the process.
    const timer = setTimeout(() => this.server.closeAllConnections(), 2000);
    await closed;
    clearTimeout(timer);
  }
}
