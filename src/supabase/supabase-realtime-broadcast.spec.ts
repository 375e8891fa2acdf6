import { afterAll, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import { SupabaseConfig } from '../platform/config/config.js';
import { CannedSupabase, KEY, SECRET } from './canned-supabase.fixture.js';
import { SupabaseClients } from './supabase-clients.service.js';
import { sendBroadcast } from './supabase-realtime-broadcast.js';

const supabase = new CannedSupabase();
const send = (isPrivate: boolean): Promise<void> => {
  const { url } = supabase;
  const config = new SupabaseConfig(url, KEY, SECRET, undefined, `${url}/auth/v1`, 1_000, 1_000);
  const message = { channel: 'a/b', event: 'e', payload: {}, private: isPrivate, authToken: 'a.b.c' };
  return sendBroadcast(new SupabaseClients(config), `${url}/realtime/v1`, message);
};

describe('sendBroadcast', () => {
  beforeAll(() => supabase.start());
  beforeEach(() => supabase.begin());
  afterAll(() => supabase.stop());

  it.each([
    ['Realtime is too old to tell of a refusal', 404, 'unavailable'],
    ["the gateway takes no slash in a channel's name", 400, 'validation'],
  ])('should fall back to the batch where %s', async (_why, status, kind) => {
    supabase.behaviour = { status, text: '' };
    await expect(send(true)).rejects.toMatchObject({ kind });
    expect(supabase.asked).toEqual([
      'POST /realtime/v1/api/broadcast/a%2Fb/events/e',
      'POST /realtime/v1/api/broadcast',
    ]);
  });

  it.each([
    [422, { errors: { payload: ['Payload size exceeds tenant limit'] } }, 'payload_too_large'],
    [
      422,
      { errors: { messages: [{ payload: ['Payload size exceeds tenant limit'] }] } },
      'payload_too_large',
    ],
    [422, { errors: { event: ["can't be blank"] } }, 'validation'],
    [422, { message: 'Tenant database initializing' }, 'unavailable'],
    [429, { message: 'You have exceeded your rate limit' }, 'rate_limited'],
    [401, { message: 'Unauthorized' }, 'authentication'],
    [401, { message: 'Invalid API key', hint: 'Double check your key.' }, 'unavailable'],
    [500, { message: 'RPC error' }, 'unavailable'],
  ])('should take %i %j for %s', async (status, body, kind) => {
    supabase.behaviour = { status, body };
    await expect(send(false)).rejects.toMatchObject({ kind });
  });

  it('should keep from a private channel whom its policies keep', async () => {
    supabase.behaviour = { status: 403, body: { message: 'Unauthorized' } };
    await expect(send(true)).rejects.toMatchObject({ kind: 'permission' });
  });
});
