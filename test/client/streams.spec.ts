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
let userId: string;

beforeAll(async () => {
  api = await startApi(UNHURRIED);
  line = await Outage.before(api.url);
  credentials = new MemoryCredentialsManager();
  client = createClient({ url: line.url, credentials });
  const { user } = await client.session.signUp({ email: newEmail(), password: PASSWORD });
  userId = user.id;
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

describe('files', () => {
  const place = (name: string): { bucket: string; path: string } => ({
    bucket: 'user-files',
    path: `${userId}/${name}`,
  });
  const bytes = new Uint8Array(200_000).map((_, index) => index % 251);
  const read = async ({ body }: { body: ReadableStream<Uint8Array> }): Promise<Uint8Array> =>
    new Uint8Array(await new Response(body as ReadableStream<Uint8Array<ArrayBuffer>>).arrayBuffer());

  it('should flow in and out, telling how far they are', async () => {
    const up: number[] = [];
    const down: number[] = [];
    const file = new Blob([bytes], { type: 'image/png' });
    const stored = await client.storage.upload(place('a/b & c.png'), file, {
      onProgress: ({ loaded, total }) => up.push(loaded / (total ?? 0)),
    });
    expect(stored).toMatchObject({ path: `${userId}/a/b & c.png` });
    const download = await client.storage.download(place('a/b & c.png'), {
      onProgress: ({ loaded }) => down.push(loaded),
    });
    expect(download).toMatchObject({ size: bytes.length, total: bytes.length, contentType: 'image/png' });
    expect(await read(download)).toEqual(bytes);
    expect(up.length).toBeGreaterThan(2);
    expect([up.at(-1), down.at(-1)]).toEqual([1, bytes.length]);
    const part = await client.storage.download(place('a/b & c.png'), { range: { start: 10, end: 20 } });
    expect(part).toMatchObject({ size: 10, total: bytes.length });
    expect(await read(part)).toEqual(bytes.slice(10, 20));
  });

  it('should be refused as everything else is, and replaced when that is meant', async () => {
    await client.storage.upload(place('x'), 'first');
    await expect(client.storage.upload(place('x'), 'second')).rejects.toMatchObject({
      name: 'ConflictError',
    });
    await client.storage.upload(place('x'), () => new Blob(['third']).stream(), { upsert: true });
    expect(Buffer.from(await read(await client.storage.download(place('x')))).toString()).toBe('third');
    await expect(client.storage.download(place('absent'))).rejects.toMatchObject({ name: 'NotFoundError' });
    await expect(client.storage.upload({ bucket: 'user-files', path: '../x' }, 'x')).rejects.toThrow(
      RangeError,
    );
  });

  it('should be sent again with a new token, where they can be', async () => {
    await credentials.update(client.url, 'refused');
    const stream = new Blob([bytes]).stream();
    await expect(client.storage.upload(place('once'), stream)).rejects.toMatchObject({ status: 401 });
    await credentials.update(client.url, 'refused again');
    await client.storage.upload(place('twice'), () => new Blob([bytes]).stream());
    await credentials.update(client.url, 'and again');
    await client.storage.upload(place('thrice'), new Blob([bytes]), { onProgress: () => undefined });
    expect(await read(await client.storage.download(place('thrice')))).toEqual(bytes);
  });

  it('should stop with the signal', async () => {
    const controller = new AbortController();
    const endless = new ReadableStream<Uint8Array>({
      pull: async (out) => {
        await new Promise((resolve) => setImmediate(resolve));
        out.enqueue(new Uint8Array(1_000));
      },
    });
    const upload = client.storage.upload(place('endless'), endless, {
      signal: controller.signal,
      onProgress: ({ loaded }) => loaded > 50_000 && controller.abort(new Error('enough')),
    });
    await expect(upload).rejects.toThrow('enough');
    await expect(client.storage.download(place('endless'))).rejects.toMatchObject({ name: 'NotFoundError' });
  });
});
