import { randomUUID } from 'node:crypto';
import { text } from 'node:stream/consumers';
import { afterAll, afterEach, beforeAll, describe, expect, it } from '@jest/globals';
import WebSocket from 'ws';
import { Inbox, RealtimeFixture } from './realtime.fixture.ts';

type Frame = [joinRef: string | null, ref: string | null, topic: string, event: string, payload: unknown];

/** A client that speaks the protocol by hand. */
class RawClient {
  readonly frames = new Inbox<Frame>();
  readonly closed: Promise<number>;
  readonly #socket: WebSocket;
  #ref = 0;

  constructor(url: string) {
    this.#socket = new WebSocket(url);
    this.#socket.on('message', (data: Buffer) => this.frames.put(JSON.parse(data.toString()) as Frame));
    this.#socket.on('error', () => undefined);
    this.closed = new Promise((resolve) => this.#socket.on('close', resolve));
  }

  opened(): Promise<void> {
    return new Promise((resolve, reject) => {
      this.#socket.on('open', resolve);
      this.#socket.on('unexpected-response', (_request, response) => {
        void text(response).then((body) => reject(new Error(`${response.statusCode} ${body}`)));
      });
    });
  }

  raw(data: string | Buffer): void {
    this.#socket.send(data);
  }

  /** Sends and waits for the reply. */
  async push(
    topic: string,
    event: string,
    payload: unknown = {},
    joinRef: string | null = '1',
  ): Promise<Frame> {
    const ref = this.send(topic, event, payload, joinRef);
    return this.frames.next(([, reply, , kind]) => reply === ref && kind === 'phx_reply');
  }

  send(topic: string, event: string, payload: unknown = {}, joinRef: string | null = '1'): string {
    const ref = String((this.#ref += 1));
    this.raw(JSON.stringify([event === 'phx_join' ? ref : joinRef, ref, topic, event, payload]));
    return ref;
  }

  /** Leaves what comes in the operating system's buffers. */
  pause(): void {
    this.#socket.pause();
  }

  resume(): void {
    this.#socket.resume();
  }

  terminate(): void {
    this.#socket.terminate();
  }
}

const fixture = new RealtimeFixture();
const clients: RawClient[] = [];

/** @param parameters of the query, null for one that is to be missing */
async function connect(parameters: Record<string, string | null> = {}): Promise<RawClient> {
  const query = new URLSearchParams({ apikey: fixture.supabase.anonKey, vsn: '2.0.0' });
  for (const [name, value] of Object.entries(parameters)) {
    if (value === null) query.delete(name);
    else query.set(name, value);
  }
  const client = new RawClient(
    `${fixture.supabase.url.replace('http', 'ws')}/realtime/v1/websocket?${query.toString()}`,
  );
  clients.push(client);
  await client.opened();
  return client;
}

const FORGED = `${Buffer.from('{"alg":"HS256"}').toString('base64url')}.${Buffer.from('{"role":"anon","exp":9e9}').toString('base64url')}.AAAA`;
const topic = (): string => `realtime:${randomUUID()}`;
const config = { config: { broadcast: { ack: true, self: true }, presence: { enabled: false } } };

beforeAll(() => fixture.start('select 1'), 120_000);
afterEach(() => {
  for (const client of clients.splice(0)) client.terminate();
});
afterAll(() => fixture.stop());

describe('The socket', () => {
  it.each(['anonKey', 'serviceRoleKey', 'publishableKey', 'secretKey'] as const)(
    'opens with the %s',
    async (key) => {
      await expect(connect({ apikey: fixture.supabase[key] })).resolves.toBeDefined();
    },
  );

  it.each([
    ['an unknown key', { apikey: 'nonsense' }, '401 {"error":"The token provided is not a valid JWT"}'],
    ['a forged key', { apikey: FORGED }, '401 {"error":"Failed to validate JWT signature"}'],
    ['an empty key', { apikey: '' }, '401 {"error":"The token provided is not a valid JWT"}'],
    ['no key', { apikey: null }, '401 {"error":"API key is missing"}'],
    ['an unknown version', { vsn: '9.9.9' }, '403 '],
  ])('does not open with %s', async (_what, parameters, status) => {
    await expect(connect(parameters)).rejects.toThrow(status);
  });

  it('does not open with an expired key', async () => {
    const apikey = await fixture.token(randomUUID(), {}, -60);
    await expect(connect({ apikey })).rejects.toThrow('401 {"error":"Token has expired"}');
  });

  it('answers heartbeats', async () => {
    const client = await connect();
    expect(await client.push('phoenix', 'heartbeat', {}, null)).toEqual([
      null,
      '1',
      'phoenix',
      'phx_reply',
      { status: 'ok', response: {} },
    ]);
  });

  it.each([
    ['no JSON', '{'],
    ['no array', '{"topic": "x"}'],
    ['too short an array', '[1, 2]'],
    ['a topic that is none', '[null, "1", 5, "phx_join", {}]'],
    ['binary that is no frame', Buffer.from([9, 9, 9])],
    ['a binary frame cut short', Buffer.from([3, 200, 1, 1, 1, 0, 1, 65])],
  ])('passes over %s', async (_what, data) => {
    const client = await connect();
    client.raw(data);
    const [, , , , reply] = await client.push('phoenix', 'heartbeat', {}, null);
    expect(reply).toEqual({ status: 'ok', response: {} });
  });

  it('closes on a frame that is too large', async () => {
    const client = await connect();
    client.raw('x'.repeat(8_000_001));
    expect(await client.closed).toBe(1009);
  });

  it('says nothing matches a topic that was not joined', async () => {
    const client = await connect();
    const [, , , , payload] = await client.push(topic(), 'broadcast', {});
    expect(payload).toEqual({ status: 'error', response: { reason: 'unmatched topic' } });
    const [, , , , other] = await client.push('elsewhere:x', 'phx_join', {});
    expect(other).toMatchObject({ status: 'error', response: { reason: 'unmatched topic' } });
  });
});

describe('Joining', () => {
  it('repeats the wanted changes with ids; equal ones have equal ids', async () => {
    const client = await connect();
    const wanted = { event: '*', schema: 'public', table: 'x', filter: 'id=eq.1' };
    const other = { event: 'INSERT', schema: 'public' };
    const [, , , , payload] = await client.push(topic(), 'phx_join', {
      config: { postgres_changes: [wanted, null, other, wanted] },
    });
    const { response } = payload as { response: { postgres_changes: { id: number }[] } };
    expect(response.postgres_changes).toMatchObject([wanted, other, wanted]);
    const [first, second, third] = response.postgres_changes.map(({ id }) => id);
    expect(first).toBe(third);
    expect(first).not.toBe(second);
  });

  it.each([
    ['a topic without a name', 'realtime:', {}, 'TopicNameRequired: You must provide a topic name'],
    [
      'a token that is none',
      undefined,
      { access_token: 'x' },
      'MalformedJWT: The token provided is not a valid JWT',
    ],
    [
      'replay on a public channel',
      undefined,
      { config: { broadcast: { replay: { since: 0 } } } },
      'UnableToReplayMessages: Replay is not allowed for public channels',
    ],
  ])('refuses %s', async (_what, name, payload, reason) => {
    const client = await connect();
    const [, , , , reply] = await client.push(name ?? topic(), 'phx_join', payload);
    expect(reply).toEqual({ status: 'error', response: { reason } });
  });

  it('refuses tokens that are expired, forged or without a role', async () => {
    const client = await connect();
    const reasonFor = async (token: string): Promise<unknown> => {
      const [, , , , reply] = await client.push(topic(), 'phx_join', { access_token: token });
      return (reply as { response: { reason: string } }).response.reason;
    };
    const good = await fixture.token(randomUUID());
    expect(await reasonFor(await fixture.token(randomUUID(), {}, -10))).toBe(
      'InvalidJWTToken: Token has expired 10 seconds ago',
    );
    expect(await reasonFor(`${good.slice(0, -10)}AAAAAAAAAA`)).toBe(
      'JwtSignatureError: Failed to validate JWT signature',
    );
    expect(await reasonFor(await fixture.token(randomUUID(), { role: undefined }))).toBe(
      'InvalidJWTToken: Fields `role` and `exp` are required in JWT',
    );
  });

  it('takes an API key for no token, and reads flags leniently', async () => {
    const client = await connect();
    const name = topic();
    const [, , , , reply] = await client.push(name, 'phx_join', {
      access_token: 'sb_publishable_whatever',
      config: { broadcast: { ack: 'TRUE', self: 'nonsense' }, presence: 'nonsense', private: 'False' },
    });
    expect(reply).toMatchObject({ status: 'ok' });
    const sent = await client.push(name, 'broadcast', { type: 'broadcast', event: 'x', payload: {} });
    expect(sent[4]).toEqual({ status: 'ok', response: {} });
  });

  it('replies to who tracks before it tells of it, and tells who has asked for nothing else everything', async () => {
    const client = await connect();
    const name = topic();
    const presence = { config: { presence: { key: 'ada', enabled: false } } };
    const [joinRef] = await client.push(name, 'phx_join', presence);
    const track = (mood: string): object => ({ type: 'presence', event: 'TRACK', payload: { mood } });
    const shown = (mood: string): object => ({ ada: { metas: [expect.objectContaining({ mood })] } });
    client.send(name, 'presence', track('fine'), joinRef);
    client.send(name, 'presence', track('tired'), joinRef);
    client.send(name, 'presence', { type: 'presence' }, joinRef);
    client.send(name, 'presence', { type: 'presence', event: 'untrack' }, joinRef);
    await client.frames.next(([, , , event, payload]) => {
      return event === 'presence_diff' && JSON.stringify(payload).startsWith('{"joins":{},');
    });
    const heard = client.frames.items.slice(-8).map(([, , , event, payload]) => [event, payload]);
    expect(heard).toEqual([
      ['phx_reply', { status: 'ok', response: {} }],
      ['presence_state', shown('fine')],
      ['presence_diff', { joins: shown('fine'), leaves: {} }],
      ['phx_reply', { status: 'ok', response: {} }],
      ['presence_diff', { joins: shown('tired'), leaves: shown('fine') }],
      ['phx_reply', { status: 'ok', response: {} }],
      ['phx_reply', { status: 'ok', response: {} }],
      ['presence_diff', { joins: {}, leaves: shown('tired') }],
    ]);
  });

  it('says by a code why it refuses a broadcast', async () => {
    const client = await connect();
    const name = topic();
    const [joinRef] = await client.push(name, 'phx_join', { config: { broadcast: { ack: true } } });
    const broadcast = { type: 'broadcast', event: 'x', payload: 'x'.repeat(3_072_000) };
    expect((await client.push(name, 'broadcast', broadcast, joinRef))[4]).toEqual({
      status: 'error',
      response: { error: 'payload_size_exceeded' },
    });
  });

  it('closes the channel of whoever changes his presence a sixth time in half a minute', async () => {
    const client = await connect();
    const name = topic();
    const [joinRef] = await client.push(name, 'phx_join', config);
    for (const event of ['dance', 'track', 'untrack', 'track', 'untrack', 'track']) {
      client.send(name, 'presence', { type: 'presence', event }, joinRef);
    }
    await client.frames.next(([, , , event]) => event === 'phx_close');
    const heard = client.frames.items.filter(([, , , event]) => event === 'phx_reply' || event === 'system');
    expect(heard.slice(-6).map(([, , , , payload]) => payload)).toEqual([
      { status: 'error', response: {} },
      ...Array<object>(4).fill({ status: 'ok', response: {} }),
      expect.objectContaining({ status: 'error', message: 'Client presence rate limit exceeded' }),
    ]);
  });

  it('closes what was joined before under the same topic', async () => {
    const client = await connect();
    const name = topic();
    const [first] = await client.push(name, 'phx_join', config);
    const [second] = await client.push(name, 'phx_join', config);
    expect(second).not.toBe(first);
    expect(await client.frames.next(([, , , event]) => event === 'phx_close')).toEqual([
      first,
      first,
      name,
      'phx_close',
      {},
    ]);
    const sent = await client.push(name, 'broadcast', { event: 'x', payload: {} }, second);
    expect(sent[4]).toMatchObject({ status: 'ok' });
  });

  it('leaves with a reply and a close; leaving twice does no harm', async () => {
    const client = await connect();
    const name = topic();
    const [joinRef] = await client.push(name, 'phx_join', config);
    expect((await client.push(name, 'phx_leave', {}, joinRef))[4]).toEqual({ status: 'ok', response: {} });
    await client.frames.next(([, , , event]) => event === 'phx_close');
    expect((await client.push(name, 'phx_leave', {}, joinRef))[4]).toEqual({ status: 'ok', response: {} });
  });

  it('admits a hundred channels, and no more', async () => {
    const client = await connect();
    const joins = Array.from({ length: 101 }, () => client.push(topic(), 'phx_join', config));
    const statuses = (await Promise.all(joins)).map(([, , , , payload]) => payload as { status: string });
    expect(statuses.filter(({ status }) => status === 'ok')).toHaveLength(100);
    expect(statuses.at(-1)).toEqual({
      status: 'error',
      response: { reason: 'ChannelRateLimitReached: Too many channels' },
    });
  });

  it('closes a channel that floods', async () => {
    const client = await connect();
    const name = topic();
    const [joinRef] = await client.push(name, 'phx_join', { config: { presence: { enabled: false } } });
    for (let n = 0; n < 6_001; n += 1) client.send(name, 'broadcast', { event: 'x', payload: {} }, joinRef);
    const [, , , , system] = await client.frames.next(([, , , event]) => event === 'system');
    expect(system).toMatchObject({ status: 'error', message: 'Too many messages per second' });
    await client.frames.next(([, , , event]) => event === 'phx_close');
  }, 30_000);
});

describe('Version 1.0.0', () => {
  it('is spoken without a version, in objects', async () => {
    const query = new URLSearchParams({ apikey: fixture.supabase.anonKey });
    const socket = new WebSocket(
      `${fixture.supabase.url.replace('http', 'ws')}/realtime/v1/websocket?${query.toString()}`,
    );
    const frames = new Inbox<Record<string, unknown>>();
    socket.on('message', (data: Buffer) =>
      frames.put(JSON.parse(data.toString()) as Record<string, unknown>),
    );
    await new Promise((resolve) => socket.on('open', resolve));
    socket.send(
      JSON.stringify({ topic: 'realtime:old', event: 'phx_join', payload: config, ref: '7', join_ref: '7' }),
    );
    expect(await frames.next()).toEqual({
      topic: 'realtime:old',
      event: 'phx_reply',
      payload: { status: 'ok', response: { postgres_changes: [] } },
      ref: '7',
    });
    socket.terminate();
  });
});

describe('A reader that does not read', () => {
  it('is cut off, and does not hold up the others', async () => {
    const name = topic();
    const [slow, reader, sender] = await Promise.all([connect(), connect(), connect()]);
    const [, [joinRef]] = await Promise.all([
      slow.push(name, 'phx_join', config),
      sender.push(name, 'phx_join', config),
      reader.push(name, 'phx_join', config),
    ]);
    slow.pause();
    const payload = { type: 'broadcast', event: 'big', payload: { text: 'x'.repeat(1_000_000) } };
    for (let n = 0; n < 40; n += 1) await sender.push(name, 'broadcast', payload, joinRef);
    await reader.frames.next(
      () => reader.frames.items.filter(([, , , event]) => event === 'broadcast').length === 40,
    );
    slow.resume();
    expect(await slow.closed).not.toBe(1000);
    expect(slow.frames.items.length).toBeLessThan(40);
  }, 30_000);
});

describe('The end of the server', () => {
  it('is the end of its sockets, and does not wait for them', async () => {
    const other = new RealtimeFixture();
    await other.start('select 1');
    const query = new URLSearchParams({ apikey: other.supabase.anonKey, vsn: '2.0.0' });
    const client = new RawClient(
      `${other.supabase.url.replace('http', 'ws')}/realtime/v1/websocket?${query.toString()}`,
    );
    await client.opened();
    await client.push(topic(), 'phx_join', config);
    await other.stop();
    expect(await client.closed).toBeGreaterThan(1000);
  }, 60_000);
});
