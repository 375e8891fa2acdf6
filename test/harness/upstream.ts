import {
  createServer,
  request,
  type IncomingHttpHeaders,
  type IncomingMessage,
  type Server,
  type ServerResponse,
} from 'node:http';
import { connect, type AddressInfo, type Socket } from 'node:net';
import type { Duplex } from 'node:stream';
import { supabaseUnderTest } from './environment.js';

/** What becomes of a request: it goes on to the local Supabase, is never answered, is cut off, or gets this answer. */
export type Fate = 'forward' | 'hang' | 'cut' | { status: number; body: string; type?: string };

/** A request that has come here, and how it went on. */
export interface Exchange {
  readonly method: string;
  /** With its query. */
  readonly path: string;
  readonly headers: IncomingHttpHeaders;
  /** `broken off`: whoever asked has left before he had sent everything, or before he had the whole answer. */
  state: 'open' | 'done' | 'broken off';
}

/** A way to the local Supabase that can be watched, and can fail. */
export class Upstream {
  /** Decides for each request; everything is forwarded to begin with. */
  fate: (path: string, method: string) => Fate = () => 'forward';
  /** What has come, oldest first. */
  readonly exchanges: Exchange[] = [];
  /** Web sockets that are open. */
  readonly sockets = new Set<Duplex>();
  private constructor(
    private readonly server: Server,
    readonly url: string,
  ) {}

  static async start(): Promise<Upstream> {
    const server = createServer();
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    const upstream = new Upstream(server, `http://127.0.0.1:${(server.address() as AddressInfo).port}`);
    server.on('request', (incoming, outgoing) => upstream.handle(incoming, outgoing));
    server.on('upgrade', (incoming, socket, head) => upstream.handleUpgrade(incoming, socket, head));
    return upstream;
  }

  /** The environment of an API that reaches Supabase this way. */
  get environment(): Record<string, string> {
    return { SUPABASE_URL: this.url, SUPABASE_JWT_ISSUER: `${supabaseUnderTest().url}/auth/v1` };
  }

  /** What has come, as `METHOD /path`. */
  get seen(): string[] {
    return this.exchanges.map(({ method, path }) => `${method} ${path}`);
  }

  /** The newest request whose path has this in it. */
  last(part: string): Exchange | undefined {
    return this.exchanges.findLast(({ path }) => path.includes(part));
  }

  /** Takes a request that came to another server. */
  pass(incoming: IncomingMessage, outgoing: ServerResponse): void {
    this.handle(incoming, outgoing);
  }

  async close(): Promise<void> {
    for (const socket of this.sockets) socket.destroy();
    this.server.closeAllConnections();
    await new Promise((resolve) => this.server.close(resolve));
  }

  private handle(incoming: IncomingMessage, outgoing: ServerResponse): void {
    const exchange = this.record(incoming);
    outgoing.once('close', () => {
      exchange.state = outgoing.writableFinished && incoming.complete ? 'done' : 'broken off';
    });
    const fate = this.fate(exchange.path, exchange.method);
    if (fate === 'forward') forward(incoming, outgoing);
    else if (fate === 'cut') incoming.socket.destroy();
    else if (fate !== 'hang') {
      outgoing.writeHead(fate.status, { 'content-type': fate.type ?? 'application/json' }).end(fate.body);
    }
  }

  private handleUpgrade(incoming: IncomingMessage, socket: Duplex, head: Buffer): void {
    const exchange = this.record(incoming);
    this.sockets.add(socket);
    const onward = tunnel(incoming, socket, head);
    socket.on('error', () => undefined);
    socket.once('close', () => {
      exchange.state = 'done';
      this.sockets.delete(socket);
      onward.destroy();
    });
  }

  private record({ method = 'GET', url: path = '/', headers }: IncomingMessage): Exchange {
    const exchange: Exchange = { method, path, headers, state: 'open' };
    this.exchanges.push(exchange);
    return exchange;
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
  outgoing.once('close', () => {
    if (!outgoing.writableFinished) onward.destroy();
  });
  incoming.pipe(onward);
}

/** The same request to the local Supabase, and from then on every byte. */
function tunnel({ url = '/', rawHeaders }: IncomingMessage, socket: Duplex, head: Buffer): Socket {
  const { hostname, port } = new URL(supabaseUnderTest().url);
  const onward = connect(Number(port), hostname);
  const lines = rawHeaders.flatMap((name, at) =>
    at % 2 === 0 ? [`${name}: ${rawHeaders[at + 1] ?? ''}`] : [],
  );
  onward.write(`GET ${url} HTTP/1.1\r\n${lines.join('\r\n')}\r\n\r\n`);
  onward.write(head);
  onward.on('error', () => socket.destroy());
  onward.on('close', () => socket.destroy());
  socket.pipe(onward).pipe(socket);
  return onward;
}
