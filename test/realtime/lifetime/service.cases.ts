import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { SupabaseRealtime } from '../../../src/supabase/supabase-realtime.service.js';
import type { RealtimeMessage } from '../../../src/supabase/supabase-realtime.types.js';
import { startApiFromSource, type Api } from '../../harness/api.js';
import { signUp } from '../../harness/caller.js';
import { until } from '../../harness/until.js';
import { room } from '../subscribing.js';

/** The service that other rooms inject. */
export function realtimeService(): void {
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
      expect(() => realtime.unsubscribeFromChannel({ subscriptionId, ...bob })).toThrow(
        'no such subscription',
      );
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
}
