import { randomUUID } from 'node:crypto';
import { describe, expect, it } from '@jest/globals';
import { joined } from '../realtime.fixture.ts';
import type { RealtimeFixture, Version } from '../realtime.fixture.ts';
import { broadcasts, topic } from './broadcasts.ts';

/** What clients say to each other. */
export function broadcasting(fixture: RealtimeFixture): void {
  describe.each<Version>(['1.0.0', '2.0.0'])('Broadcast with version %s', (vsn) => {
    it('reaches the others, and not the sender', async () => {
      const name = topic();
      const sender = (await fixture.client(undefined, vsn)).channel(name);
      const receiver = (await fixture.client(undefined, vsn)).channel(name);
      const [own, other] = [broadcasts(sender), broadcasts(receiver)];
      await Promise.all([joined(sender), joined(receiver)]);

      await sender.send({ type: 'broadcast', event: 'cursor', payload: { x: 1, text: 'é😀' } });

      expect(await other.next()).toMatchObject({ event: 'cursor', payload: { x: 1, text: 'é😀' } });
      expect(own.items).toEqual([]);
    });

    it('reaches the sender, too, when he wants it, and is confirmed when he wants that', async () => {
      const channel = (await fixture.client(undefined, vsn)).channel(topic(), {
        config: { broadcast: { self: true, ack: true } },
      });
      const inbox = broadcasts(channel);
      await joined(channel);

      expect(await channel.send({ type: 'broadcast', event: 'hi', payload: {} })).toBe('ok');
      expect(await inbox.next()).toMatchObject({ event: 'hi' });
    });

    it('stays in its room: public and private channels of one name are different ones', async () => {
      const name = topic();
      const token = await fixture.token(randomUUID());
      const open = (await fixture.client(token, vsn)).channel(name);
      const closed = (await fixture.client(token, vsn)).channel(name, { config: { private: true } });
      const inbox = broadcasts(closed);
      await Promise.all([joined(open), joined(closed)]);

      await open.send({ type: 'broadcast', event: 'public', payload: {} });
      await closed.httpSend('private', { to: 'members' });

      expect(await inbox.next()).toMatchObject({ event: 'private' });
      expect(inbox.items).toHaveLength(1);
    });
  });

  describe('Broadcast', () => {
    it('carries bytes as bytes, and between the versions', async () => {
      const name = topic();
      const sender = (await fixture.client()).channel(name);
      const [modern, old] = [
        (await fixture.client()).channel(name),
        (await fixture.client(undefined, '1.0.0')).channel(name),
      ];
      const [bytes, texts] = [broadcasts(modern), broadcasts(old)];
      await Promise.all([sender, modern, old].map(joined));

      await sender.send({ type: 'broadcast', event: 'bytes', payload: new Uint8Array([0, 255, 7]).buffer });
      await sender.send({ type: 'broadcast', event: 'json', payload: { n: 1 } });

      const received = await bytes.next(({ event }) => event === 'bytes');
      expect([...new Uint8Array(received.payload as ArrayBuffer)]).toEqual([0, 255, 7]);
      expect(await texts.next(({ event }) => event === 'json')).toMatchObject({ payload: { n: 1 } });
      // Version 1.0.0 has no way to say bytes.
      expect(texts.items).toHaveLength(1);
    });

    it('refuses what is larger than a message may be', async () => {
      const channel = (await fixture.client()).channel(topic(), { config: { broadcast: { ack: true } } });
      await joined(channel);
      const payload = { text: 'x'.repeat(3_100_000) };
      expect(await channel.send({ type: 'broadcast', event: 'huge', payload })).toBe('error');
    });
  });
}
