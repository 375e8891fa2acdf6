import { randomUUID } from 'node:crypto';
import { describe, expect, it } from '@jest/globals';
import { joined, systemMessages } from '../realtime.fixture.ts';
import type { RealtimeFixture } from '../realtime.fixture.ts';
import { broadcasts, topic } from './broadcasts.ts';

/** Who is admitted, and for how long. */
export function privateChannels(fixture: RealtimeFixture): void {
  describe('Private channels', () => {
    it('admit whom the policies of realtime.messages admit', async () => {
      const client = await fixture.client(await fixture.token(randomUUID()));
      await expect(joined(client.channel(topic(), { config: { private: true } }))).resolves.toBeDefined();
    });

    it.each(['secret:room', 'broken:room'])('refuse %s', async (name) => {
      const client = await fixture.client(await fixture.token(randomUUID()));
      await expect(joined(client.channel(name, { config: { private: true } }))).rejects.toThrow(
        `Unauthorized: You do not have permissions to read from this Channel topic: ${name}`,
      );
    });

    it('refuse the anonymous key where only members are admitted', async () => {
      const client = await fixture.client();
      await expect(joined(client.channel(topic(), { config: { private: true } }))).rejects.toThrow(
        'Unauthorized',
      );
    });

    it('deliver nothing of somebody who may only read, and tell him so', async () => {
      const name = `read-only:${randomUUID()}`;
      const token = await fixture.token(randomUUID());
      const config = { private: true, broadcast: { ack: true } };
      const sender = (await fixture.client(token)).channel(name, { config });
      const receiver = (await fixture.client(token)).channel(name, { config });
      const inbox = broadcasts(receiver);
      await Promise.all([joined(sender), joined(receiver)]);

      expect(await sender.send({ type: 'broadcast', event: 'no', payload: {} })).toBe('error');
      expect(await sender.track({ name: 'nobody' })).toBe('error');
      await fixture.sql(`select realtime.send('{"n": 1}', 'yes', $1, true)`, [name]);

      expect(await inbox.next()).toMatchObject({ event: 'yes' });
      expect(inbox.items).toHaveLength(1);
    });

    it('close when the token expires, and say so', async () => {
      const client = await fixture.client(await fixture.token(randomUUID(), {}, 2));
      const channel = client.channel(topic(), { config: { private: true } });
      const messages = systemMessages(channel);
      await joined(channel);
      const message = await messages.next(({ status }) => status === 'error');
      expect(message).toMatchObject({ extension: 'system' });
      expect(message.message).toMatch(/^Token has expired \d+ seconds ago$/);
    });

    it('stay open with a new token, and close with one that admits no more', async () => {
      const client = await fixture.client(await fixture.token(randomUUID(), {}, 3));
      const channel = client.channel(topic(), { config: { private: true, broadcast: { self: true } } });
      const [messages, inbox] = [systemMessages(channel), broadcasts(channel)];
      await joined(channel);

      await client.signIn(await fixture.token(randomUUID()));
      // Past the end of the first token.
      await new Promise((resolve) => setTimeout(resolve, 3_200));
      await channel.send({ type: 'broadcast', event: 'still here', payload: {} });
      expect(await inbox.next()).toMatchObject({ event: 'still here' });

      await client.signIn(await fixture.token(randomUUID(), { role: 'anon' }));
      const { message } = await messages.next(({ status }) => status === 'error');
      expect(message).toContain('permission');
    }, 20_000);

    it('close with a token that is none', async () => {
      const client = await fixture.client(await fixture.token(randomUUID()));
      const channel = client.channel(topic(), { config: { private: true } });
      const messages = systemMessages(channel);
      await joined(channel);
      await client.signIn('not.a.token');
      expect((await messages.next(({ status }) => status === 'error')).message).toBe(
        'The token provided is not a valid JWT',
      );
    });
  });
}
