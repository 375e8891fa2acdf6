import { randomUUID } from 'node:crypto';
import { describe, expect, it } from '@jest/globals';
import type { RealtimeChannel } from '@supabase/supabase-js';
import { Inbox, joined } from '../realtime.fixture.ts';
import type { RealtimeFixture } from '../realtime.fixture.ts';
import { topic } from './broadcasts.ts';

/** Who is there. */
export function presence(fixture: RealtimeFixture): void {
  describe('Presence', () => {
    const present = (channel: RealtimeChannel): string[] => Object.keys(channel.presenceState()).sort();

    async function join(
      name: string,
      key: string,
      token?: string,
    ): Promise<[RealtimeChannel, Inbox<string[]>]> {
      const client = await fixture.client(token);
      const channel = client.channel(name, { config: { presence: { key }, private: token !== undefined } });
      const syncs = new Inbox<string[]>();
      channel.on('presence', { event: 'sync' }, () => syncs.put(present(channel)));
      await joined(channel);
      return [channel, syncs];
    }

    it('shows who is there, what they changed, and who left', async () => {
      const name = topic();
      const [ada, adaSees] = await join(name, 'ada');
      const [bob, bobSees] = await join(name, 'bob');
      expect(await ada.track({ mood: 'fine' })).toBe('ok');
      expect(await bob.track({ mood: 'tired' })).toBe('ok');
      await Promise.all([adaSees, bobSees].map((sees) => sees.next((keys) => keys.length === 2)));

      await bob.track({ mood: 'awake' });
      await adaSees.next(() => JSON.stringify(ada.presenceState()).includes('awake'));
      expect(ada.presenceState().bob).toMatchObject([{ mood: 'awake' }]);

      adaSees.items.splice(0);
      await bob.untrack();
      await adaSees.next((keys) => keys.length === 1 && keys[0] === 'ada');
      expect(present(ada)).toEqual(['ada']);
    });

    it('forgets whose connection is lost', async () => {
      const name = topic();
      const [ada, adaSees] = await join(name, 'ada');
      const [bob] = await join(name, 'bob');
      await bob.track({});
      await adaSees.next((keys) => keys.includes('bob'));
      adaSees.items.splice(0);
      await bob.socket.disconnect();
      await adaSees.next((keys) => keys.length === 0);
      expect(present(ada)).toEqual([]);
    });

    it('shows two tabs of one user under one key', async () => {
      const name = topic();
      const [first, sees] = await join(name, 'ada');
      const [second] = await join(name, 'ada');
      await first.track({ tab: 1 });
      await second.track({ tab: 2 });
      await sees.next(() => first.presenceState().ada?.length === 2);
      expect(first.presenceState().ada).toMatchObject([{ tab: 1 }, { tab: 2 }]);
    });

    it('tells a newcomer who was there before', async () => {
      const name = topic();
      const [ada] = await join(name, 'ada');
      await ada.track({ since: 'ever' });
      const [bob, sees] = await join(name, 'bob');
      await sees.next((keys) => keys.includes('ada'));
      expect(bob.presenceState().ada).toMatchObject([{ since: 'ever' }]);
    });

    it('works on private channels, and hides itself where a policy says so', async () => {
      const token = await fixture.token(randomUUID());
      const open = topic();
      const [ada, sees] = await join(open, 'ada', token);
      await ada.track({});
      await sees.next((keys) => keys.includes('ada'));

      const [hidden, nothing] = await join(`topic:${randomUUID()}:hidden`, 'ada', token);
      expect(await hidden.track({})).toBe('ok');
      expect(nothing.items).toEqual([]);
    });

    it('refuses a presence that is no object', async () => {
      const [ada] = await join(topic(), 'ada');
      expect(await ada.track([1])).toBe('error');
    });
  });
}
