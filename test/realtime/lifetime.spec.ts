import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { SupabaseRealtime } from '../../src/supabase/supabase-realtime.service.js';
import type { RealtimeMessage } from '../../src/supabase/supabase-realtime.types.js';
import { signUpAdmin } from '../harness/admin.js';
import { startApi, type Api } from '../harness/api.js';
import { signUp, type Caller } from '../harness/caller.js';
import { sql } from '../harness/database.js';
import { supabaseUnderTest } from '../harness/environment.js';
import { EventSource } from '../harness/event-source.js';
import { Outage, type Weather } from '../harness/outage.js';
import { errorOf } from '../harness/representations.js';
import { until } from '../harness/until.js';

const PATH = '/api/realtime/subscriptions';
const room = (): string => `room-${randomUUID()}`;

async function subscribe(caller: Caller, channel = room()): Promise<string> {
  const { status, body } = await caller.post<{ subscription_id: string }>(PATH, { channel });
  expect(status).toBe(201);
  return body.subscription_id;
}
const read = (caller: Caller, id: string): Promise<EventSource> =>
  EventSource.open(caller, `${PATH}/${id}/events`);

describe('The lifetime of a subscription', () => {
  let api: Api;
  let realtime: SupabaseRealtime;
  let user: Caller;
  beforeAll(async () => {
    api = await startApi({ REALTIME_IDLE_SECONDS: '2' });
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
    const ending = await startApi();
    const caller = await signUp(ending.url);
    const source = await read(caller, await subscribe(caller));
    await ending.close();
    expect(await source.end()).toMatchObject({ name: 'end', data: { reason: 'shutdown' } });
  });

  it('should serve others while many streams are open', async () => {
    const crowd = await startApi({ REALTIME_SUBSCRIPTIONS_PER_USER: '300' });
    const caller = await signUpAdmin(crowd.url);
    const channel = room();
    const id = await subscribe(caller, channel);
    const ids = [id, ...(await Promise.all(Array.from({ length: 249 }, () => subscribe(caller, channel))))];
    const opened = ids.flatMap((one) => Array.from({ length: 4 }, () => read(caller, one)));
    const sources = await Promise.all(opened);
    expect(sources).toHaveLength(1_000);

    const started = performance.now();
    for (let count = 0; count < 20; count += 1) expect((await caller.get('/api/health')).status).toBe(200);
    expect((performance.now() - started) / 20).toBeLessThan(200);
    await caller.post(`/api/realtime/channels/${channel}/broadcast`, { event: 'a', payload: { n: 1 } });
    await Promise.all(sources.map((source) => source.atLeast(1)));
    for (const source of sources) source.close();
    await crowd.close();
  });
});

describe('When Supabase is away', () => {
  let supabase: Outage;
  let api: Api;
  let realtime: SupabaseRealtime;
  let user: Caller;
  beforeAll(async () => {
    const { url } = supabaseUnderTest();
    supabase = await Outage.before(url);
    api = await startApi({
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
      for (const prefix of ['/api', '/api/v1']) {
        const refused = await user.post(`${prefix}/realtime/subscriptions`, { channel: room() });
        expect(errorOf(refused)).toMatchObject({ status: 503, code: 'UPSTREAM_UNAVAILABLE' });
        const sent = await user.post(`${prefix}/realtime/channels/a/broadcast`, { event: 'a', payload: {} });
        expect(errorOf(sent)).toMatchObject({ status: 503, code: 'UPSTREAM_UNAVAILABLE' });
      }
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
    api = await startApi();
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
    realtime.unsubscribeFromChannel({ subscriptionId, ...ada });
    expect(realtime.unsubscribeAll(ada)).toBe(0);
    expect(realtime.unsubscribeAll()).toBe(1);
    expect(realtime.socketCount).toBe(0);
  });

  it('should refuse a token that is none', async () => {
    const refused = realtime.subscribeToChannel({ channel: room(), authToken: 'rubbish' });
    await expect(refused).rejects.toMatchObject({ kind: 'authentication' });
    const input = { channel: room(), event: 'a', payload: {}, authToken: 'rubbish' };
    await expect(realtime.broadcastMessage(input)).rejects.toMatchObject({ kind: 'authentication' });
    expect(realtime.socketCount).toBe(0);
  });
});
