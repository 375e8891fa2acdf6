import { once } from 'node:events';
import { connect, createServer, type AddressInfo, type Server, type Socket } from 'node:net';

/**
 * What may happen between the API and what it stands on. `up` passes everything on; `down` refuses connections; `silent`
 * accepts and never answers; `rubbish` answers what is no HTTP; `html` answers a proxy's error page with 502;
 * `nonsense` answers 200 with JSON of another shape.
 */
export type Weather = 'up' | 'down' | 'silent' | 'rubbish' | 'html' | 'nonsense';

const http = (status: string, type: string, body: string): string =>
  `HTTP/1.1 ${status}\r\nContent-Type: ${type}\r\nContent-Length: ${String(Buffer.byteLength(body))}\r\nConnection: close\r\n\r\n${body}`;

const ANSWERS: Partial<Record<Weather, string>> = {
  rubbish: '\u0000\u0001 this is no HTTP \r\n\r\n',
  html: http('502 Bad Gateway', 'text/html', '<html><body>upstream secret-host:5432 failed</body></html>'),
  nonsense: http('200 OK', 'application/json', '{"hello": ["world"]}'),
};

/** The one fake of the outside world: a proxy before a real server, on which outages can be called down. */
export class Outage {
  private weather: Weather = 'up';
  private readonly sockets = new Set<Socket>();
  /** The real server's end of what is passed on, and the other. */
  private readonly passages = new Map<Socket, Socket>();
  /** How many answers `loseNextAnswers` has kept from arriving. */
  answersLost = 0;

  private constructor(
    private readonly server: Server,
    private readonly target: URL,
    readonly url: string,
  ) {}

  static async before(targetUrl: string): Promise<Outage> {
    const target = new URL(targetUrl);
    const server = createServer();
    server.listen(0, '127.0.0.1');
    await once(server, 'listening');
    const own = new URL(targetUrl);
    own.hostname = '127.0.0.1';
    own.port = String((server.address() as AddressInfo).port);
    const outage = new Outage(server, target, own.href.replace(/\/$/, ''));
    server.on('connection', (socket) => outage.accept(socket));
    return outage;
  }

  /** From now on, for new connections; those that exist are cut. */
  become(weather: Weather): void {
    this.weather = weather;
    for (const socket of this.sockets) socket.destroy();
  }

  /** Cuts each connection that there is when the next answer comes over it: what was asked is done, and nobody hears of it. */
  loseNextAnswers(): void {
    for (const [upstream, socket] of this.passages) {
      upstream.prependOnceListener('data', () => {
        this.answersLost += 1;
        socket.destroy();
      });
    }
  }

  async close(): Promise<void> {
    this.become('down');
    this.server.close();
    await once(this.server, 'close');
  }

  private accept(socket: Socket): void {
    this.track(socket);
    if (this.weather === 'down') socket.resetAndDestroy();
    else if (this.weather === 'up') this.passOn(socket);
    else if (this.weather !== 'silent') {
      const answer = ANSWERS[this.weather] ?? '';
      socket.once('data', () => socket.end(answer));
    }
  }

  private passOn(socket: Socket): void {
    const upstream = connect(Number(this.target.port), this.target.hostname);
    this.track(upstream);
    this.passages.set(upstream, socket);
    socket.pipe(upstream).pipe(socket);
    socket.on('close', () => upstream.destroy());
    upstream.on('close', () => {
      this.passages.delete(upstream);
      socket.destroy();
    });
  }

  private track(socket: Socket): void {
    this.sockets.add(socket);
    socket.on('close', () => this.sockets.delete(socket));
    // A cut connection is what this is for.
    socket.on('error', () => undefined);
  }
}
