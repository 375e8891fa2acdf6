import { STATUS_CODES } from 'node:http';
import type { IncomingMessage } from 'node:http';
import type { Duplex } from 'node:stream';
import { WebSocketServer } from 'ws';
import { tokenOfApiKey, verifyAccessToken } from '../access.token.ts';
import { LIMITS } from '../limits.ts';
import { jsonV1 } from '../protocol/json.v1.serializer.ts';
import { jsonV2 } from '../protocol/json.v2.serializer.ts';
import type { Serializer } from '../protocol/frame.types.ts';
import type { RealtimeServices } from '../realtime.services.ts';
import { Connection } from './connection.ts';

const SERIALIZERS: Readonly<Record<string, Serializer>> = { '1.0.0': jsonV1, '2.0.0': jsonV2 };

/** Accepts WebSockets at `/websocket`, from whoever has a valid API key. */
export class SocketServer {
  readonly #server = new WebSocketServer({ noServer: true, maxPayload: LIMITS.frameBytes });
  readonly #services: RealtimeServices;
  readonly #connections = new Set<Connection>();

  constructor(services: RealtimeServices) {
    this.#services = services;
  }

  /** Answers an upgrade request: a connection, or 403 (no valid key), 404, 400 (unknown version), 503 (too many). */
  upgrade(request: IncomingMessage, socket: Duplex, head: Buffer): void {
    // Until the handshake is over nobody else listens for a client that goes away.
    socket.on('error', () => socket.destroy());
    this.#open(request, socket, head).catch((error: unknown) => {
      this.#services.report(error);
      refuse(socket, 500);
    });
  }

  close(): void {
    for (const connection of this.#connections) connection.close();
    for (const client of this.#server.clients) client.terminate();
    this.#server.close();
  }

  async #open(request: IncomingMessage, socket: Duplex, head: Buffer): Promise<void> {
    const url = new URL(request.url ?? '', 'http://localhost');
    if (!/\/websocket\/?$/.test(url.pathname)) {
      refuse(socket, 404);
      return;
    }
    const serializer = SERIALIZERS[url.searchParams.get('vsn') ?? '1.0.0'];
    if (!serializer) {
      refuse(socket, 400);
      return;
    }
    if (this.#connections.size >= LIMITS.sockets) {
      refuse(socket, 503);
      return;
    }
    const apiToken = await this.#apiToken(request, url);
    if (apiToken === undefined) {
      refuse(socket, 403);
      return;
    }
    this.#server.handleUpgrade(request, socket, head, (client) => {
      const opened = { serializer, apiToken, headers: ownHeaders(request) };
      const connection = new Connection(client, opened, this.#services);
      this.#connections.add(connection);
      client.on('close', () => this.#connections.delete(connection));
    });
  }

  async #apiToken(request: IncomingMessage, url: URL): Promise<string | undefined> {
    const header = request.headers['x-api-key'] ?? request.headers.apikey;
    const key = typeof header === 'string' ? header : url.searchParams.get('apikey');
    if (key === null) return undefined;
    const token = tokenOfApiKey(key, this.#services.keys);
    const valid = await verifyAccessToken(token, this.#services.keys).then(
      () => true,
      () => false,
    );
    return valid ? token : undefined;
  }
}

/** The `x-…` headers: what Phoenix passes on to channels. */
function ownHeaders(request: IncomingMessage): Record<string, string> {
  const own = Object.entries(request.headers).filter(
    ([name]) => name.startsWith('x-') && name !== 'x-api-key',
  );
  return Object.fromEntries(own.map(([name, value]) => [name, String(value)]));
}

function refuse(socket: Duplex, status: number): void {
  socket.end(
    `HTTP/1.1 ${status} ${STATUS_CODES[status] ?? ''}\r\nConnection: close\r\nContent-Length: 0\r\n\r\n`,
  );
}
