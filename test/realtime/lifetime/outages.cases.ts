import { afterAll, beforeAll, expect, it } from '@jest/globals';
import { SupabaseRealtime } from '../../../src/supabase/supabase-realtime.service.js';
import { signUpAdmin } from '../../harness/admin.js';
import { startApiFromSource, type Api } from '../../harness/api.js';
import type { Caller } from '../../harness/caller.js';
import { supabaseUnderTest } from '../../harness/environment.js';
import { describeLocally } from '../../harness/local-parts.js';
import { Outage, type Weather } from '../../harness/outage.js';
import { errorOf } from '../../harness/representations.js';
import { PATH, read, room, subscribe } from '../subscribing.js';

/** Subscriptions while Supabase is away. */
export function outagesOfSupabase(): void {
  describeLocally('When Supabase is away', () => {
    let supabase: Outage;
    let api: Api;
    let realtime: SupabaseRealtime;
    let user: Caller;
    beforeAll(async () => {
      const { url } = supabaseUnderTest();
      supabase = await Outage.before(url);
      api = await startApiFromSource({
        SUPABASE_URL: supabase.url,
        SUPABASE_JWT_ISSUER: `${url}/auth/v1`,
        UPSTREAM_TIMEOUT_MS: '3000',
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
        const answers = ['/api', '/api/v1'].flatMap((prefix) => [
          user.post(`${prefix}/realtime/subscriptions`, { channel: room() }),
          user.post(`${prefix}/realtime/channels/a/broadcast`, { event: 'a', payload: {} }),
        ]);
        for (const answer of await Promise.all(answers))
          expect(errorOf(answer)).toMatchObject({ status: 503, code: 'UPSTREAM_UNAVAILABLE' });
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
}
