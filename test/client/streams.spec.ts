import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { createClient, type SupanestClient } from '../../packages/client/src/client/create-client.ts';
import { MemoryCredentialsManager } from '../../packages/client/src/credentials/memory.manager.ts';
import { SubscriptionEndedError } from '../../packages/client/src/realtime/realtime.ts';
import type { RealtimeEvent } from '../../packages/client/src/realtime/realtime.types.ts';
import { UNHURRIED } from '../auth/modes.js';
import { startApi, type Api } from '../harness/api.js';
import { newEmail, PASSWORD } from '../harness/caller.js';
import { Outage } from '../harness/outage.js';
import { until } from '../harness/until.js';

let api: Api;
let line: Outage;
let client: SupanestClient;
let credentials: MemoryCredentialsManager;

beforeAll(async () => {
  api = await startApi(UNHURRIED);
  line = await Outage.before(api.url);
  credentials = new MemoryCredentialsManager();
  client = createClient({ url: line.url, credentials });
  await client.session.signUp({ email: newEmail(), password: PASSWORD });
});
afterAll(async () => {
  await line.close();
  await api.close();
});

describe('listen', () => {
  /** Somebody who listens, what he has heard, and what it ended with. */
  function listener(channel: string) {
    const controller = new AbortController();
    const heard: RealtimeEvent[] = [];
    const made = {
      heard,
      subscribed: 0,
      ended: Promise.resolve<unknown>(null),
      stop: () => controller.abort(),
    };
    const options = { signal: controller.signal, onSubscribed: () => (made.subscribed += 1) };
    const listen = async (): Promise<void> => {
      for await (const event of client.realtime.listen({ channel }, options)) heard.push(event);
    };
    made.ended = listen().catch((error: unknown) => error);
    return made;
  }
  const say = (channel: string, payload: string) =>
    client.broadcastMessage({ path: { channel }, body: { event: 'said', payload: { payload } } });

  it('should hear what is said, go on after a broken connection, and leave', async () => {
    const channel = `room-${randomUUID()}`;
    const someone = listener(channel);
    await until(() => someone.subscribed === 1);
    await say(channel, 'one');
    await until(() => someone.heard.length === 1);
    line.become('down');
    line.become('up');
    await say(channel, 'two');
    await until(() => someone.heard.length === 2);
    expect(someone.heard).toEqual(
      ['one', 'two'].map((payload) => ({ type: 'broadcast', channel, event: 'said', payload: { payload } })),
    );
    expect(someone.subscribed).toBe(1);
    someone.stop();
    await expect(someone.ended).resolves.toBeUndefined();
    await until(async () => (await client.listSubscriptions()).length === 0);
  });

  it('should survive a token that is refused, and tell of what it may have missed', async () => {
    const channel = `room-${randomUUID()}`;
    const someone = listener(channel);
    await until(() => someone.subscribed === 1);
    await credentials.update(client.url, 'refused');
    line.become('down');
    line.become('up');
    await until(async () => (await client.session.accessToken()) !== 'refused');
    const [subscription] = await client.listSubscriptions();
    expect(someone.subscribed).toBe(1);
    expect(subscription?.channel).toBe(channel);
    someone.stop();
    await someone.ended;
  });

  it('should throw when the server has ended it', async () => {
    const channel = `room-${randomUUID()}`;
    const someone = listener(channel);
    await until(() => someone.subscribed === 1);
    // Once something was heard, the stream is open.
    await say(channel, 'one');
    await until(() => someone.heard.length === 1);
    await client.unsubscribeFromAll();
    await expect(someone.ended).resolves.toMatchObject({
      name: SubscriptionEndedError.name,
      reason: 'unsubscribed',
    });
  });

  it('should refuse what the server refuses', async () => {
    const listening = client.realtime.listen({ channel: '' });
    await expect(listening.next()).rejects.toMatchObject({ name: 'ValidationError' });
  });
});
