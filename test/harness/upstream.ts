import { createServer, request, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { supabaseUnderTest } from './environment.js';

/** What becomes of a request: it goes on to the local Supabase, is never answered, is cut off, or gets this answer. */
export type Fate = 'forward' | 'hang' | 'cut' | { status: number; body: string; type?: string };

/** A way to the local Supabase that can fail. */
export class Upstream {
  /** Decides for each request; everything is forwarded to begin with. */
  fate: (path: string, method: string) => Fate = () => 'forward';
  /** What has come, as `METHOD /path`. */
  readonly seen: string[] = [];
  private constructor(
    private readonly server: Server,
    readonly url: string,
  ) {}

  static async start(): Promise<Upstream> {
    const server = createServer();
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    const upstream = new Upstream(server, `http://127.0.0.1:${(server.address() as AddressInfo).port}`);
    server.on('request', (incoming, outgoing) => upstream.handle(incoming, outgoing));
    return upstream;
  }

  /** The environment of an API that reaches Supabase this way. */
  get environment(): Record<string, string> {
    return { SUPABASE_URL: this.url, SUPABASE_JWT_ISSUER: `${supabaseUnderTest().url}/auth/v1` };
  }

  /** Takes a request that came to another server. */
  pass(incoming: IncomingMessage, outgoing: ServerResponse): void {
    this.handle(incoming, outgoing);
  }

  async close(): Promise<void> {
    this.server.closeAllConnections();
    await new Promise((resolve) => this.server.close(resolve));
  }

  private handle(incoming: IncomingMessage, outgoing: ServerResponse): void {
    const { url = '/', method = 'GET' } = incoming;
    this.seen.push(`${method} ${url}`);
    const fate = this.fate(url, method);
    if (fate === 'forward') forward(incoming, outgoing);
    else if (fate === 'cut') incoming.socket.destroy();
    else if (fate !== 'hang') {
      outgoing.writeHead(fate.status, { 'content-type': fate.type ?? 'application/json' }).end(fate.body);
    }
  }
}

function forward(incoming: IncomingMessage, outgoing: ServerResponse): void {
  const { method, headers, url } = incoming;
  const target = new URL(url ?? '/', supabaseUnderTest().url);
  const onward = request(target, { method, headers: { ...headers, host: target.host } }, (answer) => {
    outgoing.writeHead(answer.statusCode ?? 502, answer.headers);
    answer.pipe(outgoing);
  });
  onward.on('error', () => outgoing.destroy());
  incoming.pipe(onward);
}
