import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { SupabaseRealtime } from '../../src/supabase/supabase-realtime.service.js';
import { signUpAdmin } from '../harness/admin.js';
import { startApiFromSource, type Api } from '../harness/api.js';
import { signUp, type Caller } from '../harness/caller.js';
import { EventSource } from '../harness/event-source.js';
import { errorOf, representations, resourceOf } from '../harness/representations.js';
import { until } from '../harness/until.js';
import { MODES } from '../auth/modes.js';

interface Subscription {
  subscription_id: string;
  channel: string;
  event: string;
  created_at: string;
}

const room = (): string => `room-${randomUUID()}`;

describe.each(MODES)('Subscriptions $mode', ({ environment }) => {
  let api: Api;
  let ada: Caller;
  let bob: Caller;
  let realtime: SupabaseRealtime;
  beforeAll(async () => {
    api = await startApiFromSource({
      ...environment,
      REALTIME_SUBSCRIPTIONS_PER_USER: '4',
      REALTIME_BUFFER_EVENTS: '6',
    });
    // Administrators, as the daily quota is none of this.
    [ada, bob] = await Promise.all([signUpAdmin(api.url), signUpAdmin(api.url)]);
    realtime = api.app.get(SupabaseRealtime, { strict: false });
  });
  afterAll(() => api.close());

  // Tokens and representations have nothing to do with each other: not every pair of them has to run.
  const shown = environment.API_SECRET_KEY === undefined ? representations : representations.slice(1);
  describe.each(shown)('$prefix/realtime', ({ prefix, invalid }) => {
    const at = (path = ''): string => `${prefix}/realtime/subscriptions${path}`;
    const subscribe = async (caller: Caller, channel: string, more: object = {}): Promise<Subscription> => {
      const answer = await caller.post(at(), { channel, ...more });
      expect(answer.status).toBe(201);
      return resourceOf<Subscription>(answer);
    };
    const read = (caller: Caller, { subscription_id }: Subscription, headers?: Record<string, string>) =>
      EventSource.open(caller, at(`/${subscription_id}/events`), headers);
    const say = async (caller: Caller, channel: string, text: string, event = 'message'): Promise<void> => {
      const path = `${prefix}/realtime/channels/${encodeURIComponent(channel)}/broadcast`;
      const answer = await caller.post(path, { event, payload: { text } });
      expect(answer.status).toBe(202);
      expect(resourceOf(answer)).toEqual({ channel, event });
    };
    const textsOf = (source: EventSource): unknown[] =>
      source.events.map(({ data }) => (data.payload as { text: string } | undefined)?.text);

    it('should carry a broadcast from one user to another, bare and numbered', async () => {
      const channel = `${room()}/ü ?`;
      const subscription = await subscribe(bob, channel);
      expect(Object.keys(subscription).sort()).toEqual(['channel', 'created_at', 'event', 'subscription_id']);
      expect(subscription).toMatchObject({ channel, event: '*' });
      const source = await read(bob, subscription);
      expect(source.response.headers.get('x-accel-buffering')).toBe('no');
      await say(ada, channel, 'hello');
      const [event] = await source.atLeast(1);
      expect(event).toEqual({
        id: '1',
        name: 'message',
        data: { channel, type: 'broadcast', event: 'message', payload: { text: 'hello' } },
      });
      source.close();
      expect((await bob.delete(at(`/${subscription.subscription_id}`))).status).toBe(204);
    });

    it('should keep what comes before anybody reads, and go on after Last-Event-ID', async () => {
      const channel = room();
      const subscription = await subscribe(bob, channel);
      for (const text of ['a', 'b', 'c']) await say(ada, channel, text);
      const first = await read(bob, subscription);
      await first.atLeast(3);
      expect(textsOf(first)).toEqual(['a', 'b', 'c']);
      first.close();
      await say(ada, channel, 'd');

      const resumed = await read(bob, subscription, { 'last-event-id': '2' });
      await resumed.atLeast(2);
      expect(textsOf(resumed)).toEqual(['c', 'd']);
      expect(resumed.events.map(({ id }) => id)).toEqual(['3', '4']);
      resumed.close();

      for (const id of ['x', '-1', '99', '1.5']) {
        const refused = await bob.get(at(`/${subscription.subscription_id}/events`), { 'last-event-id': id });
        expect(errorOf(refused)).toMatchObject({ status: invalid, code: 'VALIDATION_ERROR' });
      }
      await bob.delete(at());
    });

    it('should tell a reader who fell behind how much is lost', async () => {
      const channel = room();
      const subscription = await subscribe(bob, channel);
      for (let count = 1; count <= 10; count += 1) await say(ada, channel, String(count));
      const source = await read(bob, subscription);
      const events = await source.atLeast(7);
      expect(events[0]).toEqual({ id: '4', name: 'lost', data: { lost: 4, reason: 'buffer_full' } });
      expect(textsOf(source).slice(1)).toEqual(Array.from({ length: 6 }, (_, index) => String(index + 5)));
      source.close();
      await bob.delete(at());
    });

    it('should hear only the event that was asked for', async () => {
      const channel = room();
      const subscription = await subscribe(bob, channel, { event: 'wanted' });
      const source = await read(bob, subscription);
      await say(ada, channel, 'no', 'other');
      await say(ada, channel, 'yes', 'wanted');
      await source.atLeast(1);
      expect(textsOf(source)).toEqual(['yes']);
      source.close();
      await bob.delete(at());
    });

    it('should list and end only the own ones, over one socket that closes with the last', async () => {
      const before = realtime.socketCount;
      const [one, two] = [await subscribe(bob, room()), await subscribe(bob, room())];
      const foreign = await subscribe(ada, room());
      expect(realtime.socketCount).toBe(before + 2);
      expect(resourceOf<Subscription[]>(await bob.get(at()))).toEqual([one, two]);

      const id = foreign.subscription_id;
      for (const answer of [
        await bob.delete(at(`/${id}`)),
        await bob.get(at(`/${id}/events`)),
        await bob.delete(at(`/${randomUUID()}`)),
      ]) {
        expect(errorOf(answer)).toMatchObject({ status: 404, code: 'NOT_FOUND' });
      }
      expect(resourceOf(await bob.delete(at()))).toEqual({ unsubscribed: 2 });
      expect(resourceOf(await bob.delete(at()))).toEqual({ unsubscribed: 0 });
      expect(resourceOf<Subscription[]>(await ada.get(at()))).toEqual([foreign]);
      await ada.delete(at());
      expect(realtime.socketCount).toBe(before);
    });

    it('should end the stream of a subscription that is ended, and join its channel anew', async () => {
      const channel = room();
      const [kept, subscription] = [await subscribe(bob, room()), await subscribe(bob, channel)];
      const source = await read(bob, subscription);
      await bob.delete(at(`/${subscription.subscription_id}`));
      expect(await source.end()).toMatchObject({ name: 'end', data: { reason: 'unsubscribed' } });
      const again = await subscribe(bob, channel);
      const reader = await read(bob, again);
      await say(ada, channel, 'again');
      await reader.atLeast(1);
      reader.close();
      expect(kept.channel).not.toBe(channel);
      await bob.delete(at());
    });

    it('should bound the subscriptions of a user, also those made at once', async () => {
      const answers = await Promise.all(Array.from({ length: 6 }, () => bob.post(at(), { channel: room() })));
      expect(answers.map(({ status }) => status).sort()).toEqual([201, 201, 201, 201, 409, 409]);
      expect(resourceOf(await bob.delete(at()))).toEqual({ unsubscribed: 4 });
    });

    it('should not have one channel publicly and privately at once', async () => {
      const channel = room();
      await subscribe(bob, channel);
      const answer = await bob.post(at(), { channel, private: true });
      expect(errorOf(answer)).toMatchObject({ status: 409, code: 'CONFLICT' });
      await bob.delete(at());
    });

    it.each([
      ['nothing', {}],
      ['an empty channel', { channel: '' }],
      ['a channel that is a path', { channel: '..' }],
      ['a channel that is no text', { channel: 7 }],
      ['an endless channel', { channel: 'x'.repeat(256) }],
      ['an empty event', { channel: 'a', event: '' }],
      ['null for an event', { channel: 'a', event: null }],
      ['a private that is no boolean', { channel: 'a', private: 'yes' }],
      ['an unknown property', { channel: 'a', auth_token: 'x' }],
      ['changes that are none', { channel: 'a', postgres_changes: 'all' }],
      [
        'an event that no change has',
        { channel: 'a', event: 'message', postgres_changes: { table: 'notes' } },
      ],
      ['a table that is no text', { channel: 'a', postgres_changes: { table: [] } }],
    ])('should refuse %s', async (_, body) => {
      expect(errorOf(await bob.post(at(), body))).toMatchObject({
        status: invalid,
        code: 'VALIDATION_ERROR',
      });
      expect(resourceOf(await bob.get(at()))).toEqual([]);
    });

    it.each([
      ['no event', { payload: {} }],
      ['no payload', { event: 'a' }],
      ['a payload that is no object', { event: 'a', payload: [1] }],
      ['an event that is a path', { event: '..', payload: {} }],
    ])('should refuse to broadcast with %s', async (_, body) => {
      const answer = await ada.post(`${prefix}/realtime/channels/a/broadcast`, body);
      expect(errorOf(answer)).toMatchObject({ status: invalid, code: 'VALIDATION_ERROR' });
    });

    it('should let nobody in without a token', async () => {
      const nobody = await signUp(api.url).then(({ url }) => ({ url }));
      for (const [method, path] of [
        ['POST', at()],
        ['GET', at()],
        ['DELETE', at()],
        ['DELETE', at(`/${randomUUID()}`)],
        ['GET', at(`/${randomUUID()}/events`)],
        ['POST', `${prefix}/realtime/channels/a/broadcast`],
      ] as const) {
        expect((await fetch(`${nobody.url}${path}`, { method })).status).toBe(401);
      }
    });

    it('should end streams and subscriptions when the user signs out, and leave nothing', async () => {
      const before = realtime.socketCount;
      const guest = await signUp(api.url);
      const source = await read(guest, await subscribe(guest, room()));
      expect(realtime.socketCount).toBe(before + 1);
      await guest.post(`${prefix}/auth/logout`);
      expect(await source.end()).toMatchObject({ name: 'end', data: { reason: 'signed_out' } });
      await until(() => realtime.socketCount === before);
    });
  });
});
