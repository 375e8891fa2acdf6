import { randomUUID } from 'node:crypto';
import { connect } from 'node:net';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import jwt from 'jsonwebtoken';
import { SupabaseRealtime } from '../../../src/supabase/supabase-realtime.service.js';
import { signUpAdmin } from '../../harness/admin.js';
import { startApiFromSource, type Api } from '../../harness/api.js';
import { Caller, signUp } from '../../harness/caller.js';
import { sql } from '../../harness/database.js';
import { supabaseUnderTest } from '../../harness/environment.js';
import { itLocally } from '../../harness/local-parts.js';
import { until } from '../../harness/until.js';
import { PATH, read, room, subscribe } from '../subscribing.js';

/** The same session, with a token that lives so many seconds. */
function withLifetime({ url, token, user }: Caller, seconds: number): Caller {
  const claims = jwt.decode(token ?? '', { json: true }) ?? {};
  const exp = Math.floor(Date.now() / 1_000) + seconds;
  return new Caller(url, jwt.sign({ ...claims, exp }, supabaseUnderTest().jwtSecret), user);
}

/** What ends a subscription, and what does not. */
export function endOfSubscriptions(): void {
  describe('The lifetime of a subscription', () => {
    let api: Api;
    let realtime: SupabaseRealtime;
    let user: Caller;
    beforeAll(async () => {
      api = await startApiFromSource({ REALTIME_IDLE_SECONDS: '1' });
      realtime = api.app.get(SupabaseRealtime, { strict: false });
      user = await signUpAdmin(api.url);
    });
    afterAll(() => api.close());

    it('should end when nobody reads it, also after its reader has gone without a word', async () => {
      const [unread, left] = [await subscribe(user), await subscribe(user)];
      const source = await read(user, left);
      await until(async () => (await user.get<unknown[]>(PATH)).body.length === 1);
      expect((await user.get(`${PATH}/${unread}/events`)).status).toBe(404);
      source.close();
      await until(() => realtime.socketCount === 0);
      expect((await user.get(PATH)).body).toEqual([]);
    });

    it('should end with the account', async () => {
      const guest = await signUp(api.url);
      const source = await read(guest, await subscribe(guest));
      await sql(`update supanest.profiles set is_active = false where user_id = $1`, [guest.user?.id]);
      expect(await source.end()).toMatchObject({ name: 'end', data: { reason: 'inactive' } });
      expect(realtime.socketCount).toBe(0);
    });

    it('should let a fifth reader replace the oldest', async () => {
      const id = await subscribe(user);
      const sources = [];
      for (let count = 0; count < 5; count += 1) sources.push(await read(user, id));
      expect(await sources[0]?.end()).toMatchObject({ name: 'end', data: { reason: 'replaced' } });
      expect(sources.slice(1).some(({ ended }) => ended)).toBe(false);
      for (const source of sources) source.close();
      await user.delete(PATH);
    });

    it('should answer HEAD without opening a stream', async () => {
      const id = await subscribe(user);
      const headers = { authorization: `Bearer ${user.token ?? ''}` };
      const answer = await fetch(`${api.url}${PATH}/${id}/events`, { method: 'HEAD', headers });
      expect(answer.status).toBe(200);
      await until(() => realtime.socketCount === 0);
    });

    it('should end streams when the server ends', async () => {
      const ending = await startApiFromSource();
      const caller = await signUp(ending.url);
      const source = await read(caller, await subscribe(caller));
      await ending.close();
      expect(await source.end()).toMatchObject({ name: 'end', data: { reason: 'shutdown' } });
    });

    it('should end although a client does not read what it asked for', async () => {
      const ending = await startApiFromSource();
      const caller = await signUp(ending.url);
      const channel = room();
      const id = await subscribe(caller, channel);
      const { hostname, port } = new URL(ending.url);
      const socket = connect(Number(port), hostname);
      socket.on('error', () => undefined);
      socket.pause();
      socket.write(
        `GET ${PATH}/${id}/events HTTP/1.1\r\nHost: ${hostname}\r\nAuthorization: Bearer ${caller.token ?? ''}\r\n\r\n`,
      );
      for (let count = 0; count < 30; count += 1) {
        const payload = { filler: 'x'.repeat(400_000) };
        await caller.post(`/api/realtime/channels/${channel}/broadcast`, { event: 'a', payload });
      }
      await expect(ending.close()).resolves.toBeUndefined();
      socket.destroy();
    });

    it('should tell a slow reader how much he has lost, and lose nothing else', async () => {
      const channel = room();
      const id = await subscribe(user, channel);
      const { hostname, port } = new URL(api.url);
      const socket = connect(Number(port), hostname);
      socket.pause();
      socket.write(
        `GET ${PATH}/${id}/events HTTP/1.1\r\nHost: ${hostname}\r\nAuthorization: Bearer ${user.token ?? ''}\r\n\r\n`,
      );
      const count = 40;
      for (let number = 1; number <= count; number += 1) {
        const payload = { number, filler: 'x'.repeat(400_000) };
        await user.post(`/api/realtime/channels/${channel}/broadcast`, { event: 'a', payload });
      }
      let text = '';
      const fillers = /x{1000,}/g;
      let rest = '';
      socket.on('data', (chunk) => {
        const lines = (rest + chunk.toString('latin1')).split('\n');
        rest = lines.pop() ?? '';
        for (const line of lines) text += `${line.replace(fillers, '')}\n`;
      });
      socket.resume();
      await until(() => new RegExp(`^id: ${String(count)}\ndata: .*\n`, 'm').test(text));
      socket.destroy();
      const had = text.match(/^id: \d+\ndata/gm)?.length ?? 0;
      const lost = [...text.matchAll(/"lost":(\d+)/g)].reduce((sum, [, number]) => sum + Number(number), 0);
      expect(lost).toBeGreaterThan(0);
      expect(had + lost).toBe(count);
      await user.delete(PATH);
    });

    itLocally('should end when its token expires, unless a newer one has come with any request', async () => {
      const channel = room();
      const requests: ((caller: Caller) => Promise<{ status: number }>)[] = [
        (caller) => caller.get(PATH),
        (caller) => caller.post(PATH, {}),
        (caller) => caller.delete(`${PATH}/${randomUUID()}`),
        (caller) => caller.post(`/api/realtime/channels/${channel}/broadcast`, {}),
      ];
      const guests = await Promise.all([...requests, undefined].map(() => signUp(api.url)));
      const short = guests.map((guest) => withLifetime(guest, 3));
      const sources = await Promise.all(
        short.map(async (caller) => read(caller, await subscribe(caller, channel))),
      );
      const statuses = requests.map(async (send, index) => (await send(guests[index] ?? user)).status);
      expect(await Promise.all(statuses)).toEqual([200, 400, 404, 400]);

      expect(await sources.at(-1)?.end()).toMatchObject({ name: 'end', data: { reason: 'token_expired' } });
      await user.post(`/api/realtime/channels/${channel}/broadcast`, { event: 'a', payload: {} });
      for (const source of sources.slice(0, -1)) {
        await source.atLeast(1);
        expect(source.events).toMatchObject([{ name: 'message' }]);
        source.close();
      }
      for (const guest of guests) await guest.delete(PATH);
      expect(realtime.socketCount).toBe(0);
    });
  });
}
