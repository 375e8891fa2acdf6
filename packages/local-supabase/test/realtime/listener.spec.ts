import { randomUUID } from 'node:crypto';
import { connect, createServer } from 'node:net';
import type { AddressInfo, Server, Socket } from 'node:net';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import pg from 'pg';
import { ChangeFeed } from '../../src/realtime/changes/change.feed.ts';
import { ChangesRepository } from '../../src/realtime/changes/changes.repository.ts';
import { MessageRelay } from '../../src/realtime/broadcast/message.relay.ts';
import { MessagesRepository } from '../../src/realtime/broadcast/messages.repository.ts';
import { TopicHub, roomOf } from '../../src/realtime/broadcast/topic.hub.ts';
import { DatabaseListener } from '../../src/realtime/database.listener.ts';
import { NotificationRouter } from '../../src/realtime/notification.router.ts';
import { jsonV2 } from '../../src/realtime/protocol/json.v2.serializer.ts';
import { Inbox, RealtimeFixture } from './realtime.fixture.ts';

const fixture = new RealtimeFixture();
let pool: pg.Pool;

/** A way to the database that can be cut. */
class Wire {
  readonly #sockets = new Set<Socket>();
  #server: Server | undefined;
  isOpen = true;

  /** @returns the same database by another address */
  async lay(url: string): Promise<string> {
    const target = new URL(url);
    this.#server = createServer((near) => {
      if (!this.isOpen) {
        near.destroy();
        return;
      }
      const far = connect(Number(target.port), target.hostname);
      for (const socket of [near, far]) this.#sockets.add(socket.on('error', () => undefined));
      near.pipe(far).pipe(near);
    });
    await new Promise<void>((resolve) => this.#server?.listen(0, '127.0.0.1', resolve));
    const { port } = this.#server.address() as AddressInfo;
    return Object.assign(new URL(url), { port: String(port) }).href;
  }

  cut(): void {
    for (const socket of this.#sockets) socket.destroy();
  }

  async remove(): Promise<void> {
    this.cut();
    await new Promise((resolve) => this.#server?.close(resolve));
  }
}

beforeAll(async () => {
  await fixture.start(`create table public.items (id int primary key);
    alter publication supabase_realtime add table public.items`);
  pool = new pg.Pool({ connectionString: fixture.supabase.postgresUrl });
  // The fixture's database ends before the last of these connections may have.
  pool.on('error', () => undefined);
}, 120_000);

afterAll(async () => {
  await pool.end();
  await fixture.stop();
});

describe('A lost connection to the database', () => {
  it('comes back, and what happened meanwhile is delivered, each once', async () => {
    const wire = new Wire();
    const errors: unknown[] = [];
    const report = (error: unknown): void => void errors.push(error);
    const repository = new ChangesRepository({
      pool,
      url: '',
      async transaction(work) {
        const client = await pool.connect();
        try {
          await client.query('begin');
          const result = await work(client);
          await client.query('commit');
          return result;
        } finally {
          client.release();
        }
      },
    });
    const hub = new TopicHub();
    const feed = new ChangeFeed(repository, report);
    const router = new NotificationRouter(feed, new MessageRelay(new MessagesRepository(pool), hub), report);
    const listener = new DatabaseListener(await wire.lay(fixture.supabase.postgresUrl), router);
    const changes = new Inbox<unknown>();
    const messages = new Inbox<string>();
    const params = { action: '*', schema: 'public', table: 'items', conditions: [], selected: null } as const;
    const claims = { role: 'service_role', exp: 0 };
    hub.join(roomOf('t', true), {
      topic: 'realtime:t',
      serializer: jsonV2,
      receivesBroadcasts: true,
      replayed: new Set(),
      deliver: (data) => messages.put(String(data)),
    });
    await listener.ready();
    await feed.subscribe({ pushChange: (_keys, data) => changes.put((data.record as { id: number }).id) }, [
      { key: randomUUID(), params, claims },
    ]);

    const happen = async (n: number): Promise<void> => {
      await fixture.sql('insert into items values ($1)', [n]);
      await fixture.sql(`select realtime.send('{}', $1, 't', true)`, [`event-${n}`]);
    };
    await happen(1);
    await messages.next((text) => text.includes('event-1'));
    wire.isOpen = false;
    wire.cut();
    await happen(2);
    await happen(3);
    wire.isOpen = true;
    await messages.next((text) => text.includes('event-3'));
    await happen(4);
    await messages.next((text) => text.includes('event-4'));
    await changes.next((id) => id === 4);

    expect(changes.items).toEqual([1, 2, 3, 4]);
    expect(messages.items.map((text) => /event-\d/.exec(text)?.[0])).toEqual(
      [1, 2, 3, 4].map((n) => `event-${n}`),
    );
    expect(errors).toEqual([]);
    feed.close();
    await listener.close();
    await wire.remove();
  });
});
