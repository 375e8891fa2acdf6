import { STATUS_CODES } from 'node:http';
import type { IncomingMessage } from 'node:http';
import type { Duplex } from 'node:stream';
import { WebSocketServer } from 'ws';
import { tokenOfApiKey, verifyAccessToken } from '../access.token.ts';
import { RealtimeRefusal, REFUSALS } from '../errors.ts';
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

  /** Answers an upgrade request: a connection, or 401 (no valid key), 403 (unknown version), 404, 429 (too many). */
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
      refuse(socket, 403);
      return;
    }
    if (this.#connections.size >= LIMITS.sockets) {
      refuse(socket, 429, REFUSALS.tooManySockets.message);
      return;
    }
    const key = keyOf(request, url);
    if (key === undefined) {
      refuse(socket, 401, REFUSALS.missingKey.message);
      return;
    }
    const apiToken = tokenOfApiKey(key, this.#services.keys);
    const fault = await this.#faultOf(apiToken);
    if (fault !== undefined) {
      refuse(socket, 401, fault);
      return;
    }
    this.#server.handleUpgrade(request, socket, head, (client) => {
      const opened = { serializer, apiToken, headers: ownHeaders(request) };
      const connection = new Connection(client, opened, this.#services);
      this.#connections.add(connection);
      client.on('close', () => this.#connections.delete(connection));
    });
  }

  /** What is wrong with a key's token, in Realtime's words; undefined when nothing is. */
  async #faultOf(token: string): Promise<string | undefined> {
    try {
      await verifyAccessToken(token, this.#services.keys);
      return undefined;
    } catch (error) {
      if (!(error instanceof RealtimeRefusal)) throw error;
      // How long ago is told to channels only.
      return error.message.replace(/ \d+ seconds ago$/, '');
    }
  }
}

function keyOf(request: IncomingMessage, url: URL): string | undefined {
  const header = request.headers['x-api-key'] ?? request.headers.apikey;
  return typeof header === 'string' ? header : (url.searchParams.get('apikey') ?? undefined);
}

/** The `x-…` headers: what Phoenix passes on to channels. */
function ownHeaders(request: IncomingMessage): Record<string, string> {
  const own = Object.entries(request.headers).filter(
    ([name]) => name.startsWith('x-') && name !== 'x-api-key',
  );
  return Object.fromEntries(own.map(([name, value]) => [name, String(value)]));
}

/** @param error what is answered as `{error}`; nothing where it is missing */
function refuse(socket: Duplex, status: number, error?: string): void {
  const body = error === undefined ? '' : JSON.stringify({ error });
  const type = error === undefined ? '' : 'Content-Type: application/json; charset=utf-8\r\n';
  socket.end(
    `HTTP/1.1 ${status} ${STATUS_CODES[status] ?? ''}\r\n${type}Connection: close\r\n` +
      `Content-Length: ${Buffer.byteLength(body)}\r\n\r\n${body}`,
  );
}
