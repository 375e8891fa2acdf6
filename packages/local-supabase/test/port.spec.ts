import { once } from 'node:events';
import { existsSync, readFileSync } from 'node:fs';
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

const CONNECTIONS = '/proc/net/tcp';

/** Whether a port is that of one connection: Linux gives it to several, also beside one that ended a moment ago. */
function isAlone(port: number): boolean {
  if (!existsSync(CONNECTIONS)) return true;
  const local = `:${port.toString(16).toUpperCase().padStart(4, '0')}`;
  const lines = readFileSync(CONNECTIONS, 'utf8').split('\n');
  return lines.filter((line) => line.trim().split(/\s+/)[1]?.endsWith(local)).length === 1;
}

describe('a port', () => {
  const peer = createServer((socket) => socket.on('error', () => undefined).resume());
  /** Somebody's connection, whose own port is one of ours. */
  let connection: Socket;
  let port: number;

  beforeEach(async () => {
    await once(peer.listen(0, '127.0.0.1'), 'listening');
    const { port: peerPort } = peer.address() as AddressInfo;
    for (;;) {
      connection = connect(peerPort, '127.0.0.1');
      await once(connection, 'connect');
      port = connection.localPort ?? 0;
      if (isAlone(port)) return;
      connection.destroy();
    }
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
