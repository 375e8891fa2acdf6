import { createServer } from 'node:http';
import type { RequestListener, Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { portError } from '../port.ts';

/**
 * An HTTP server that listens before anybody answers, so that its port is known to those who are yet to be built, and
 * a taken port is noticed before anything else is done.
 */
export class Listener {
  readonly server: Server;
  private handler: RequestListener | undefined;

  constructor() {
    this.server = createServer((request, response) => {
      if (this.handler) this.handler(request, response);
      else response.writeHead(503, { 'retry-after': '1' }).end('{"message":"starting"}');
    });
  }

  /** @returns the port. @throws PortUnavailable */
  async listen(port: number, purpose: string): Promise<number> {
    await new Promise<void>((resolve, reject) => {
      this.server.once('error', (error: NodeJS.ErrnoException) => reject(portError(error, port, purpose)));
      this.server.listen(port, '127.0.0.1', resolve);
    });
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
    // What runs may finish; what hangs must not keep the process.
    const timer = setTimeout(() => this.server.closeAllConnections(), 2000);
    await closed;
    clearTimeout(timer);
  }
}
