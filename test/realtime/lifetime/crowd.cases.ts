import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { SessionWatch } from '../../../src/realtime/sessions/session-watch.service.js';
import { SupabaseRealtime } from '../../../src/supabase/supabase-realtime.service.js';
import { signUpAdmin } from '../../harness/admin.js';
import { startApiFromSource, type Api } from '../../harness/api.js';
import { until } from '../../harness/until.js';
import { Upstream } from '../../harness/upstream.js';
import { listen, type Listener } from '../crowd.js';
import { PATH, room, subscribe } from '../subscribing.js';

/** Many who listen at once. */
export function crowdOfReaders(): void {
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
      expect({ ours: realtime.socketCount, open: upstream.sockets.size }).toEqual({
        ours: USERS,
        open: USERS,
      });

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
}
