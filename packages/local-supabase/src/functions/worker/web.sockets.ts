import { ServerResponse } from 'node:http';
import type { IncomingMessage } from 'node:http';
import type { Duplex } from 'node:stream';
import { WebSocketServer } from 'ws';
import type { WebSocket } from 'ws';
import { remoteOf, toRequest, writeResponse } from './request.bridge.ts';
import type { Serving } from './serving.ts';

interface Upgrade {
  readonly incoming: IncomingMessage;
  readonly socket: Duplex;
  readonly head: Buffer;
  taken: boolean;
}

/** `Deno.upgradeWebSocket`: a function answers a request to upgrade with a WebSocket of its own. */
export class WebSockets {
  readonly #server = new WebSocketServer({ noServer: true });
  readonly #waiting = new WeakMap<Request, Upgrade>();

  /** The socket, and the response the handler has to return. @throws TypeError when the request is not one to upgrade */
  upgrade(request: Request): { socket: WebSocket; response: Response } {
    const upgrade = this.#waiting.get(request);
    if (!upgrade || upgrade.taken)
      throw new TypeError("Invalid Header: 'upgrade' header must contain 'websocket'");
    upgrade.taken = true;
    let opened: WebSocket | undefined;
    this.#server.handleUpgrade(upgrade.incoming, upgrade.socket, upgrade.head, (socket) => (opened = socket));
    if (!opened) throw new TypeError('The request is no WebSocket handshake');
    const socket = opened;
    // As on Deno; the types of ws do not know it yet.
    Object.assign(socket, { binaryType: 'blob' });
    // Without a listener an error of the connection would end the worker.
    socket.on('error', (error) => console.error(error));
    // The function adds its listeners first.
    setImmediate(() => socket.emit('open'));
    return { socket, response: new Response(null) };
  }

  /** Lets the function answer a request to upgrade; without a WebSocket it is answered like any other. */
  async handle(serving: Serving, incoming: IncomingMessage, socket: Duplex, head: Buffer): Promise<void> {
    socket.on('error', () => socket.destroy());
    const request = toRequest(incoming, new AbortController().signal);
    const upgrade: Upgrade = { incoming, socket, head, taken: false };
    this.#waiting.set(request, upgrade);
    const response = await serving.answer(request, remoteOf(incoming));
    if (upgrade.taken) return;
    const outgoing = new ServerResponse(incoming);
    // The connection was taken from the HTTP server; it is written to and ended here.
    outgoing.assignSocket(socket as Parameters<typeof outgoing.assignSocket>[0]);
    outgoing.shouldKeepAlive = false;
    outgoing.on('finish', () => socket.end());
    await writeResponse(response, outgoing, false);
  }
}
