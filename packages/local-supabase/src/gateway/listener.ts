import { createServer } from 'node:http';
import type { RequestListener, Server } from 'node:http';
import type { AddressInfo } from 'node:net';

/** The port is taken, or not ours to take. */
export class PortUnavailable extends Error {
  override readonly name = 'PortUnavailable';
}

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

/** Says what a listen error means to the one who started this. */
export function portError(error: NodeJS.ErrnoException, port: number, purpose: string): Error {
  if (error.code !== 'EADDRINUSE' && error.code !== 'EACCES') return error;
  const why = error.code === 'EADDRINUSE' ? 'is in use by another process' : 'may not be used';
  return new PortUnavailable(
    `Port ${port} (${purpose}) ${why}. Is another Supabase running? Stop it, or choose another port in supabase/config.toml or on the command line.`,
  );
}
