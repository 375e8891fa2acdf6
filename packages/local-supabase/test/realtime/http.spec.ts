import { randomUUID } from 'node:crypto';
import { afterAll, afterEach, beforeAll, describe, expect, it } from '@jest/globals';
import { Inbox, RealtimeFixture, joined } from './realtime.fixture.ts';

const fixture = new RealtimeFixture();

function post(path: string, body: unknown, headers: Record<string, string> = {}): Promise<Response> {
  return fetch(`${fixture.supabase.url}/realtime/v1${path}`, {
    method: 'POST',
    headers: { 'content-type': 'application/json', apikey: fixture.supabase.anonKey, ...headers },
    body: typeof body === 'string' || body instanceof Uint8Array ? body : JSON.stringify(body),
  });
}

async function receiver(
  topic: string,
  isPrivate = false,
): Promise<Inbox<{ event: string; payload: unknown }>> {
  const token = await fixture.token(randomUUID());
  const channel = (await fixture.client(token)).channel(topic, { config: { private: isPrivate } });
  const inbox = new Inbox<{ event: string; payload: unknown }>();
  channel.on('broadcast', { event: '*' }, ({ event, payload }) =>
    inbox.put({ event, payload: payload as unknown }),
  );
  await joined(channel);
  return inbox;
}

beforeAll(
  () =>
    fixture.start(`
      create policy read on realtime.messages for select to authenticated using (true);
      create policy write on realtime.messages for insert to authenticated with check (realtime.topic() like 'open:%');`),
  120_000,
);
afterEach(() => fixture.leaveAll());
afterAll(() => fixture.stop());

describe('POST /realtime/v1/api/broadcast', () => {
  it('broadcasts several messages, and answers 202 without a body', async () => {
    const topic = randomUUID();
    const inbox = await receiver(topic);
    const messages = [1, 2].map((n) => ({ topic, event: `e${n}`, payload: { n } }));
    const response = await post('/api/broadcast', { messages });
    expect([response.status, await response.text()]).toEqual([202, '']);
    await inbox.next(({ event }) => event === 'e2');
    expect(inbox.items).toEqual([
      { event: 'e1', payload: { n: 1 } },
      { event: 'e2', payload: { n: 2 } },
    ]);
  });

  it('reaches a private channel only from somebody who may write there', async () => {
    const topic = `open:${randomUUID()}`;
    const inbox = await receiver(topic, true);
    const message = (event: string): unknown => ({
      messages: [{ topic, event, payload: {}, private: true }],
    });
    const token = await fixture.token(randomUUID());
    expect((await post('/api/broadcast', message('anonymous'))).status).toBe(202);
    expect(
      (await post('/api/broadcast', message('member'), { authorization: `Bearer ${token}` })).status,
    ).toBe(202);
    await inbox.next(({ event }) => event === 'member');
    const secret = { apikey: fixture.supabase.secretKey };
    expect((await post('/api/broadcast', message('service'), secret)).status).toBe(202);
    await inbox.next(({ event }) => event === 'service');
    expect(inbox.items.map(({ event }) => event)).toEqual(['member', 'service']);
  });

  it.each([
    ['nothing', {}, { messages: ["can't be blank"] }],
    ['no messages', { messages: [] }, { messages: ["can't be blank"] }],
    [
      'a message without its parts',
      { messages: [{ topic: 't' }] },
      { messages: [{ event: ["can't be blank"], payload: ["can't be blank"] }] },
    ],
    [
      'parts of other types',
      {
        messages: [
          { topic: 1, event: 't', payload: 'text' },
          { topic: 't', event: 'e', payload: {} },
        ],
      },
      { messages: [{ topic: ['is invalid'], payload: ['is invalid'] }, {}] },
    ],
  ])('refuses %s with 422', async (_what, body, errors) => {
    const response = await post('/api/broadcast', body);
    expect([response.status, await response.json()]).toEqual([422, { errors }]);
  });

  it('refuses a forged token with 401', async () => {
    const response = await post('/api/broadcast', {}, { authorization: 'Bearer a.b.c' });
    expect([response.status, await response.json()]).toEqual([401, { message: 'Unauthorized' }]);
  });

  it('wants a key or a token of a user’s, and says the same of a wrong one', async () => {
    const to = `${fixture.supabase.url}/realtime/v1/api/broadcast`;
    const body = JSON.stringify({ messages: [{ topic: 't', event: 'e', payload: {} }] });
    const ask = async (headers: Record<string, string>) => {
      const sent = { method: 'POST', headers: { 'content-type': 'application/json', ...headers }, body };
      const response = await fetch(to, sent);
      return [response.status, await response.text()];
    };
    const refused = [401, JSON.stringify({ message: 'Unauthorized' })];
    expect(await ask({})).toEqual(refused);
    expect(await ask({ apikey: 'nonsense' })).toEqual(refused);
    const authorization = `Bearer ${await fixture.token(randomUUID())}`;
    expect(await ask({ authorization })).toEqual([202, '']);
  });
});

describe('POST /realtime/v1/api/broadcast/:topic/events/:event', () => {
  it('broadcasts JSON and bytes', async () => {
    const topic = `a/b ${randomUUID()}`;
    const inbox = await receiver(topic);
    const path = `/api/broadcast/${encodeURIComponent(topic)}/events/${encodeURIComponent('é vent')}`;
    expect((await post(path, { n: 1 })).status).toBe(202);
    const binary = { 'content-type': 'application/octet-stream' };
    expect((await post(path, new Uint8Array([1, 2, 3]), binary)).status).toBe(202);
    await inbox.next(({ payload }) => payload instanceof ArrayBuffer);
    expect(inbox.items[0]).toEqual({ event: 'é vent', payload: { n: 1 } });
    expect([...new Uint8Array(inbox.items[1]?.payload as ArrayBuffer)]).toEqual([1, 2, 3]);
  });

  it.each([
    ['text', 'text/plain', 415],
    ['a number', 'application/json', 422],
    ['no JSON', 'application/json', 400],
  ])('refuses %s', async (what, type, status) => {
    const body = what === 'a number' ? '5' : '{';
    expect((await post('/api/broadcast/t/events/e', body, { 'content-type': type })).status).toBe(status);
  });

  it('refuses a private topic nobody may write to', async () => {
    const response = await post('/api/broadcast/secret/events/e?private=true', {});
    expect(response.status).toBe(401);
  });
});

describe('The health routes', () => {
  it('say that Realtime is well', async () => {
    const headers = { apikey: fixture.supabase.anonKey };
    const health = await fetch(`${fixture.supabase.url}/realtime/v1/api/tenants/realtime-dev/health`, {
      headers,
    });
    expect(await health.json()).toMatchObject({ data: { healthy: true, db_connected: true } });
    const ping = await fetch(`${fixture.supabase.url}/realtime/v1/api/ping`, { headers });
    expect(await ping.json()).toEqual({ message: 'Success' });
  });
});
