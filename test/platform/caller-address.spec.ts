import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { UNHURRIED } from '../auth/modes.js';
import { startApi, type Api } from '../harness/api.js';
import { PASSWORD, signUp, type Caller } from '../harness/caller.js';
import { Upstream } from '../harness/upstream.js';

const CLAIMED = '203.0.113.9';
/** What a client may say of itself. Only the first is ever believed, and only from a proxy that is trusted. */
const CLAIMS = {
  'x-forwarded-for': CLAIMED,
  'sb-forwarded-for': '198.51.100.7',
  'x-real-ip': '198.51.100.7',
  'cf-connecting-ip': '198.51.100.7',
  'true-client-ip': '198.51.100.7',
  forwarded: 'for=198.51.100.7',
};

describe.each([
  ['a trusted proxy', '127.0.0.1', CLAIMED],
  ['anybody', '', '127.0.0.1'],
])('The address that Supabase hears of a caller behind %s', (_, trusted, expected) => {
  let upstream: Upstream;
  let api: Api;
  let user: Caller;
  beforeAll(async () => {
    upstream = await Upstream.start();
    // Other suites sign in from this machine, too, and are counted together with this one.
    api = await startApi({ ...UNHURRIED, ...upstream.environment, TRUST_PROXY: trusted });
    user = await signUp(api.url);
  });
  afterAll(async () => {
    await api.close();
    await upstream.close();
  });

  const FILES = '/storage/buckets/user-files';
  it.each<[service: string, method: string, path: string, body: object | string | undefined]>([
    ['auth', 'POST', '/auth/login', {}],
    ['auth', 'GET', '/auth/session', undefined],
    ['rest', 'GET', '/database/notes', undefined],
    ['rest', 'POST', '/database/notes', { body: 'x' }],
    ['rest', 'PATCH', '/database/notes?id=eq.0', { body: 'x' }],
    ['rest', 'DELETE', '/database/notes?id=eq.0', undefined],
    ['rest', 'POST', '/database/rpc/add', { a: 1, b: 2 }],
    ['storage', 'GET', FILES, undefined],
    ['storage', 'POST', `${FILES}/objects/:user/file`, 'a file'],
    ['storage', 'GET', `${FILES}/objects/:user/file`, undefined],
    ['storage', 'POST', `${FILES}/signed-urls`, { path: ':user/file' }],
    ['storage', 'DELETE', `${FILES}/objects`, { paths: ':user/file' }],
    ['realtime', 'POST', '/realtime/channels/room/broadcast', { event: 'a', payload: {} }],
    ['functions', 'POST', '/functions/hello', { name: 'Ada' }],
  ])('should be its own to %s, for %s %s', async (service, method, path, body) => {
    const own = (text: string): string => text.replace(':user', user.user?.id ?? '');
    const credentials = { email: user.user?.email, password: PASSWORD };
    const sent = path === '/auth/login' ? credentials : body;
    upstream.exchanges.length = 0;
    const response = await fetch(`${api.url}/api${own(path)}`, {
      method,
      headers: {
        authorization: `Bearer ${user.token ?? ''}`,
        ...(typeof body === 'object' ? { 'content-type': 'application/json' } : {}),
        ...CLAIMS,
      },
      ...(sent === undefined ? {} : { body: own(typeof sent === 'string' ? sent : JSON.stringify(sent)) }),
    });
    expect(response.status).toBeLessThan(300);
    await response.arrayBuffer();

    // Keys are asked for by the server itself.
    const exchanges = upstream.exchanges.filter((one) => !one.path.includes('/.well-known/'));
    const asked = exchanges.filter((one) => one.path.startsWith(`/${service}/v1/`));
    expect(asked).not.toEqual([]);
    for (const { headers } of exchanges) {
      expect(headers['sb-forwarded-for']).toBe(expected);
      for (const name of Object.keys(CLAIMS)) {
        if (name !== 'sb-forwarded-for') expect(headers).not.toHaveProperty(name);
      }
    }
  });
});
