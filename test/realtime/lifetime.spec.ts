import { randomUUID } from 'node:crypto';
import { connect } from 'node:net';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import jwt from 'jsonwebtoken';
import { SessionWatch } from '../../src/realtime/sessions/session-watch.service.js';
import { SupabaseRealtime } from '../../src/supabase/supabase-realtime.service.js';
import type { RealtimeMessage } from '../../src/supabase/supabase-realtime.types.js';
import { signUpAdmin } from '../harness/admin.js';
import { startApiFromSource, type Api } from '../harness/api.js';
import { Caller, signUp } from '../harness/caller.js';
import { sql } from '../harness/database.js';
import { supabaseUnderTest } from '../harness/environment.js';
import { EventSource } from '../harness/event-source.js';
import { describeLocally, itLocally } from '../harness/local-parts.js';
import { Outage, type Weather } from '../harness/outage.js';
import { errorOf } from '../harness/representations.js';
import { until } from '../harness/until.js';
import { Upstream } from '../harness/upstream.js';
import { listen, type Listener } from './crowd.js';

const PATH = '/api/realtime/subscriptions';
const room = (): string => `room-${randomUUID()}`;

async function subscribe(caller: Caller, channel = room()): Promise<string> {
  const { status, body } = await caller.post<{ subscription_id: string }>(PATH, { channel });
  expect(status).toBe(201);
  return body.subscription_id;
}
const read = (caller: Caller, id: string): Promise<EventSource> =>
  EventSource.open(caller, `${PATH}/${id}/events`);

/** The same session, with a token that lives so many seconds. */
function withLifetime({ url, token, user }: Caller, seconds: number): Caller {
  const claims = jwt.decode(token ?? '', { json: true }) ?? {};
  const exp = Math.floor(Date.now() / 1_000) + seconds;
  return new Caller(url, jwt.sign({ ...claims, exp }, supabaseUnderTest().jwtSecret), user);
}

describe('The lifetime of a subscription', () => {
  let api: Api;
  let realtime: SupabaseRealtime;
  let user: Caller;
  beforeAll(async () => {
    api = await startApiFromSource({ REALTIME_IDLE_SECONDS: '1' });
    realtime = api.app.get(SupabaseRealtime, { strict: false });
    user = await signUpAdmin(api.url);
  });
  afterAll(() => api.close());

  it('should end when nobody reads it, also after its reader has gone without a word', async () => {
    const [unread, left] = [await subscribe(user), await subscribe(user)];
    const source = await read(user, left);
    await until(async () => (await user.get<unknown[]>(PATH)).body.length === 1);
    expect((await user.get(`${PATH}/${unread}/events`)).status).toBe(404);
    source.close();
    await until(() => realtime.socketCount === 0);
    expect((await user.get(PATH)).body).toEqual([]);
  });

  it('should end with the account', async () => {
    const guest = await signUp(api.url);
    const source = await read(guest, await subscribe(guest));
    await sql(`update supanest.profiles set is_active = false where user_id = $1`, [guest.user?.id]);
    expect(await source.end()).toMatchObject({ name: 'end', data: { reason: 'inactive' } });
    expect(realtime.socketCount).toBe(0);
  });

  it('should let a fifth reader replace the oldest', async () => {
    const id = await subscribe(user);
    const sources = [];
    for (let count = 0; count < 5; count += 1) sources.push(await read(user, id));
    expect(await sources[0]?.end()).toMatchObject({ name: 'end', data: { reason: 'replaced' } });
    expect(sources.slice(1).some(({ ended }) => ended)).toBe(false);
    for (const source of sources) source.close();
    await user.delete(PATH);
  });

  it('should answer HEAD without opening a stream', async () => {
    const id = await subscribe(user);
    const headers = { authorization: `Bearer ${user.token ?? ''}` };
    const answer = await fetch(`${api.url}${PATH}/${id}/events`, { method: 'HEAD', headers });
    expect(answer.status).toBe(200);
    await until(() => realtime.socketCount === 0);
  });

  it('should end streams when the server ends', async () => {
    const ending = await startApiFromSource();
    const caller = await signUp(ending.url);
    const source = await read(caller, await subscribe(caller));
    await ending.close();
    expect(await source.end()).toMatchObject({ name: 'end', data: { reason: 'shutdown' } });
  });

  it('should end although a client does not read what it asked for', async () => {
    const ending = await startApiFromSource();
    const caller = await signUp(ending.url);
    const channel = room();
    const id = await subscribe(caller, channel);
    const { hostname, port } = new URL(ending.url);
    const socket = connect(Number(port), hostname);
    socket.on('error', () => undefined);
    socket.pause();
    socket.write(
      `GET ${PATH}/${id}/events HTTP/1.1\r\nHost: ${hostname}\r\nAuthorization: Bearer ${caller.token ?? ''}\r\n\r\n`,
    );
    for (let count = 0; count < 30; count += 1) {
      const payload = { filler: 'x'.repeat(400_000) };
      await caller.post(`/api/realtime/channels/${channel}/broadcast`, { event: 'a', payload });
    }
    await expect(ending.close()).resolves.toBeUndefined();
    socket.destroy();
  });

  it('should tell a slow reader how much he has lost, and lose nothing else', async () => {
    const channel = room();
    const id = await subscribe(user, channel);
    const { hostname, port } = new URL(api.url);
    const socket = connect(Number(port), hostname);
    socket.pause();
    socket.write(
      `GET ${PATH}/${id}/events HTTP/1.1\r\nHost: ${hostname}\r\nAuthorization: Bearer ${user.token ?? ''}\r\n\r\n`,
    );
    const count = 40;
    for (let number = 1; number <= count; number += 1) {
      const payload = { number, filler: 'x'.repeat(400_000) };
      await user.post(`/api/realtime/channels/${channel}/broadcast`, { event: 'a', payload });
    }
    let text = '';
    const fillers = /x{1000,}/g;
    let rest = '';
    socket.on('data', (chunk) => {
      const lines = (rest + chunk.toString('latin1')).split('\n');
      rest = lines.pop() ?? '';
      for (const line of lines) text += `${line.replace(fillers, '')}\n`;
    });
    socket.resume();
    await until(() => new RegExp(`^id: ${String(count)}\ndata: .*\n`, 'm').test(text));
    socket.destroy();
    const had = text.match(/^id: \d+\ndata/gm)?.length ?? 0;
    const lost = [...text.matchAll(/"lost":(\d+)/g)].reduce((sum, [, number]) => sum + Number(number), 0);
    expect(lost).toBeGreaterThan(0);
    expect(had + lost).toBe(count);
    await user.delete(PATH);
  });

  itLocally('should end when its token expires, unless a newer one has come with any request', async () => {
    const channel = room();
    const requests: ((caller: Caller) => Promise<{ status: number }>)[] = [
      (caller) => caller.get(PATH),
      (caller) => caller.post(PATH, {}),
      (caller) => caller.delete(`${PATH}/${randomUUID()}`),
      (caller) => caller.post(`/api/realtime/channels/${channel}/broadcast`, {}),
    ];
    const guests = await Promise.all([...requests, undefined].map(() => signUp(api.url)));
    const short = guests.map((guest) => withLifetime(guest, 3));
    const sources = await Promise.all(
      short.map(async (caller) => read(caller, await subscribe(caller, channel))),
    );
    const statuses = requests.map(async (send, index) => (await send(guests[index] ?? user)).status);
    expect(await Promise.all(statuses)).toEqual([200, 400, 404, 400]);

    expect(await sources.at(-1)?.end()).toMatchObject({ name: 'end', data: { reason: 'token_expired' } });
    await user.post(`/api/realtime/channels/${channel}/broadcast`, { event: 'a', payload: {} });
    for (const source of sources.slice(0, -1)) {
      await source.atLeast(1);
      expect(source.events).toMatchObject([{ name: 'message' }]);
      source.close();
    }
    for (const guest of guests) await guest.delete(PATH);
    expect(realtime.socketCount).toBe(0);
  });
});

describe('A thousand streams', () => {
  const [USERS, SUBSCRIPTIONS, READERS] = [10, 25, 4];
  const MESSAGES = 3;

  let upstream: Upstream;
  let api: Api;
  beforeAll(async () => {
    upstream = await Upstream.start();
    api = await startApiFromSource({
      ...upstream.environment,
      REALTIME_SUBSCRIPTIONS_PER_USER: String(SUBSCRIPTIONS),
    });
  });
  afterAll(async () => {
    await api.close();
    await upstream.close();
  });

  it('should all hear what is said while others are answered, over one socket a user, and leave nothing', async () => {
    const realtime = api.app.get(SupabaseRealtime, { strict: false });
    const watch = api.app.get(SessionWatch, { strict: false });
    const channel = room();
    // Administrators, as the daily quota is none of this.
    const users = await Promise.all(Array.from({ length: USERS }, () => signUpAdmin(api.url)));
    const somebody = await signUpAdmin(api.url);

    const listeners: Listener[] = [];
    for (const user of users) {
      const ids = await Promise.all(Array.from({ length: SUBSCRIPTIONS }, () => subscribe(user, channel)));
      const paths = ids.flatMap((id) => Array.from({ length: READERS }, () => `${PATH}/${id}/events`));
      listeners.push(...(await Promise.all(paths.map((path) => listen(user, path)))));
    }
    expect(listeners).toHaveLength(1_000);
    expect({ ours: realtime.socketCount, open: upstream.sockets.size }).toEqual({ ours: USERS, open: USERS });

    const saying = async (): Promise<void> => {
      for (let said = 0; said < MESSAGES; said += 1) {
        const message = { event: 'a', payload: { said } };
        const answer = await somebody.post(`/api/realtime/channels/${channel}/broadcast`, message);
        expect(answer.status).toBe(202);
      }
    };
    const asking = async (): Promise<void> => {
      for (let asked = 0; asked < 20; asked += 1) {
        expect((await somebody.get('/api/credits')).status).toBe(200);
      }
    };
    await Promise.all([saying(), asking()]);
    await until(() => listeners.every(({ heard }) => heard >= MESSAGES));
    expect(new Set(listeners.map(({ heard }) => heard))).toEqual(new Set([MESSAGES]));

    for (const listener of listeners) listener.close();
    for (const user of users) {
      const { body } = await user.delete(PATH);
      expect(body).toEqual({ unsubscribed: SUBSCRIPTIONS });
    }
    await until(() => upstream.sockets.size === 0 && watch.size === 0);
    expect(realtime.socketCount).toBe(0);
  });
});

describeLocally('When Supabase is away', () => {
  let supabase: Outage;
  let api: Api;
  let realtime: SupabaseRealtime;
  let user: Caller;
  beforeAll(async () => {
    const { url } = supabaseUnderTest();
    supabase = await Outage.before(url);
    api = await startApiFromSource({
      SUPABASE_URL: supabase.url,
      SUPABASE_JWT_ISSUER: `${url}/auth/v1`,
      UPSTREAM_TIMEOUT_MS: '2000',
    });
    realtime = api.app.get(SupabaseRealtime, { strict: false });
    user = await signUpAdmin(api.url);
  });
  afterAll(async () => {
    await api.close();
    await supabase.close();
  });

  it.each(['down', 'silent', 'rubbish', 'html'] as Weather[])(
    '(%s) should answer 503 and leave nothing',
    async (weather) => {
      supabase.become(weather);
      const answers = ['/api', '/api/v1'].flatMap((prefix) => [
        user.post(`${prefix}/realtime/subscriptions`, { channel: room() }),
        user.post(`${prefix}/realtime/channels/a/broadcast`, { event: 'a', payload: {} }),
      ]);
      for (const answer of await Promise.all(answers))
        expect(errorOf(answer)).toMatchObject({ status: 503, code: 'UPSTREAM_UNAVAILABLE' });
      expect((await user.get(PATH)).body).toEqual([]);
      expect(realtime.socketCount).toBe(0);
      supabase.become('up');
    },
  );

  it('should join again once it is back, and say that something may be lost', async () => {
    const channel = room();
    const source = await read(user, await subscribe(user, channel));
    supabase.become('down');
    supabase.become('up');
    const [lost] = await source.atLeast(1);
    expect(lost).toMatchObject({ name: 'lost', data: { lost: null, reason: 'connection_lost' } });
    await user.post(`/api/realtime/channels/${channel}/broadcast`, { event: 'a', payload: { back: true } });
    expect((await source.atLeast(2))[1]).toMatchObject({ data: { payload: { back: true } } });
    source.close();
    await user.delete(PATH);
  });
});

describe('SupabaseRealtime', () => {
  let api: Api;
  let realtime: SupabaseRealtime;
  let [ada, bob]: { authToken?: string }[] = [];
  beforeAll(async () => {
    api = await startApiFromSource();
    realtime = api.app.get(SupabaseRealtime, { strict: false });
    [ada, bob] = (await Promise.all([signUp(api.url), signUp(api.url)])).map(({ token }) =>
      token === undefined ? {} : { authToken: token },
    );
  });
  afterAll(() => api.close());

  it('should subscribe, broadcast, list and unsubscribe for each caller alone, and for nobody', async () => {
    const heard: RealtimeMessage[] = [];
    const listener = { onMessage: (message: RealtimeMessage) => heard.push(message) };
    const channel = room();
    const subscription = await realtime.subscribeToChannel({ channel, listener, ...ada });
    const nobody = await realtime.subscribeToChannel({ channel });
    await realtime.broadcastMessage({ channel, event: 'greeting', payload: { hello: 'world' }, ...bob });
    await until(() => heard.length > 0);
    expect(heard).toEqual([{ type: 'broadcast', event: 'greeting', payload: { hello: 'world' } }]);

    expect(realtime.getChannels(ada)).toMatchObject([{ id: subscription.id, channel, event: '*' }]);
    expect(realtime.getChannels(bob)).toEqual([]);
    expect(realtime.getChannels()).toMatchObject([{ id: nobody.id }]);
    const { id: subscriptionId } = subscription;
    expect(() => realtime.unsubscribeFromChannel({ subscriptionId, ...bob })).toThrow('no such subscription');
    expect(() => realtime.unsubscribeFromChannel({ subscriptionId: randomUUID() })).toThrow('no such');
    expect(realtime.unsubscribeAll(bob)).toBe(0);
    expect(realtime.getChannels(ada)).toHaveLength(1);
    realtime.unsubscribeFromChannel({ subscriptionId, ...ada });
    expect(realtime.unsubscribeAll(ada)).toBe(0);
    expect(realtime.unsubscribeAll()).toBe(1);
    expect(realtime.socketCount).toBe(0);
  });

  it('should leave it to the policies what nobody may say, wherever the call comes from', async () => {
    const message = { channel: room(), event: 'a', payload: {}, private: true, address: '203.0.113.9' };
    await expect(realtime.broadcastMessage(message)).rejects.toMatchObject({ kind: 'permission' });
    await realtime.broadcastMessage({ ...message, private: false });
  });

  it('should refuse a token that is none', async () => {
    const refused = realtime.subscribeToChannel({ channel: room(), authToken: 'rubbish' });
    await expect(refused).rejects.toMatchObject({ kind: 'authentication' });
    const input = { channel: room(), event: 'a', payload: {}, authToken: 'rubbish' };
    await expect(realtime.broadcastMessage(input)).rejects.toMatchObject({ kind: 'authentication' });
    expect(realtime.socketCount).toBe(0);
  });
});
