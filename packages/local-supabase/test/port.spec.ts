import { once } from 'node:events';
import { connect, createServer, type AddressInfo, type Socket } from 'node:net';
import { afterEach, beforeEach, describe, expect, it, jest } from '@jest/globals';
import type { Database } from '../src/context.ts';
import { Listener } from '../src/gateway/listener.ts';
import { Inbox } from '../src/inbox/inbox.ts';
import type { Engine } from '../src/postgres/engine.ts';
import { WireServer } from '../src/wire/wire.server.ts';

jest.setTimeout(30_000);

interface Server {
  listen(port: number, purpose: string): Promise<number>;
  close(): Promise<void>;
}

const servers: [string, () => Server][] = [
  ['the gateway', () => new Listener()],
  // Neither is asked for anything here.
  ['the inbox', () => new Inbox(undefined as unknown as Database)],
  ['Postgres', () => new WireServer(undefined as unknown as Engine)],
];

describe('a port', () => {
  const peer = createServer((socket) => socket.on('error', () => undefined).resume());
  /** Somebody's connection, whose own port is one of ours. */
  let connection: Socket;
  let port: number;

  beforeEach(async () => {
    await once(peer.listen(0, '127.0.0.1'), 'listening');
    connection = connect((peer.address() as AddressInfo).port, '127.0.0.1');
    await once(connection, 'connect');
    port = connection.localPort ?? 0;
  });
  afterEach(async () => {
    connection.destroy();
    await once(peer.close(), 'close');
  });

  it.each(servers)('should be waited for while it is that of a connection, by %s', async (_, create) => {
    const server = create();
    const listening = server.listen(port, 'API');
    setTimeout(() => connection.resetAndDestroy(), 300);
    expect(await listening).toBe(port);
    await server.close();
  });

  it.each(servers)('should be refused at once while somebody listens on it, by %s', async (_, create) => {
    const { port: taken } = peer.address() as AddressInfo;
    await expect(create().listen(taken, 'API')).rejects.toThrow(
      /^Port \d+ \(\w+\) is in use by another process/,
    );
  });
});
