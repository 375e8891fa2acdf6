import { afterAll, afterEach, beforeAll, expect, it } from '@jest/globals';
import { startApi, type Api } from '../harness/api.js';
import { Caller, newEmail, PASSWORD, signUp } from '../harness/caller.js';
import { supabaseUnderTest } from '../harness/environment.js';
import { describeLocally } from '../harness/local-parts.js';
import { Outage, type Weather } from '../harness/outage.js';

let supabase: Outage;
let api: Api;
/** Waits for nobody for long: where Supabase is silent, and nothing else is asked of it. */
let hurried: Api;
let user: Caller;

beforeAll(async () => {
  const { url } = supabaseUnderTest();
  supabase = await Outage.before(url);
  const environment = { SUPABASE_URL: supabase.url, SUPABASE_JWT_ISSUER: `${url}/auth/v1` };
  [api, hurried] = await Promise.all([
    startApi(environment),
    startApi({ ...environment, UPSTREAM_TIMEOUT_MS: '200' }),
  ]);
  user = await signUp(api.url);
});
afterEach(() => supabase.become('up'));
afterAll(async () => {
  await Promise.all([api.close(), hurried.close()]);
  await supabase.close();
});

const BAD: Weather[] = ['down', 'silent', 'rubbish', 'html', 'nonsense'];

describeLocally.each(BAD)('when Supabase is %s', (weather) => {
  // Somebody else each time, as tries are limited for each e-mail.
  const credentials = (): object => ({ email: newEmail(), password: PASSWORD });

  it.each([
    ['sign-in', '/auth/login', credentials],
    ['sign-up', '/auth/signup', () => ({ email: newEmail(), password: PASSWORD })],
    ['refresh', '/auth/refresh', () => ({ refresh_token: 'abcdefghijkl' })],
    ['anonymous sign-in', '/auth/anonymous', () => ({})],
  ])(
    'should answer %s with 503 in both representations, and say nothing of what is behind',
    async (_, path, body) => {
      supabase.become(weather);
      const { url } = weather === 'silent' ? hurried : api;
      const plain = await new Caller(url).post(`/api${path}`, body());
      expect(plain.status).toBe(503);
      expect(plain.body).toMatchObject({ code: 'UPSTREAM_UNAVAILABLE', status: 503 });
      expect(plain.headers.get('retry-after')).toMatch(/^\d+$/);
      expect(JSON.stringify(plain.body)).not.toMatch(/secret-host|127\.0\.0\.1|ECONN|fetch|JSON/);

      const v1Body = path === '/auth/signup' ? { ...body(), confirm_password: PASSWORD } : body();
      const enveloped = await new Caller(url).post(`/api/v1${path}`, v1Body);
      expect(enveloped.status).toBe(503);
      expect(enveloped.body).toMatchObject({ success: false, error: { error_code: 'UPSTREAM_UNAVAILABLE' } });
    },
  );

  it('should go on serving what needs no Supabase', async () => {
    supabase.become(weather);
    const answer = await user.get<{ credits: number }>('/api/credits');
    expect(answer).toMatchObject({ status: 200, body: { credits: 100 } });
    expect((await new Caller(api.url).get('/api/health')).status).toBe(200);
  });

  it('should refuse a signed-out session all the same', async () => {
    const leaver = await signUp(api.url);
    supabase.become(weather);
    const { url } = weather === 'silent' ? hurried : api;
    const answer = await new Caller(url, leaver.token).post('/api/v1/auth/logout');
    expect(answer).toMatchObject({
      status: 200,
      body: { success: true, data: { message: 'Successfully logged out' } },
    });
    expect((await leaver.get('/api/credits')).status).toBe(401);
  });

  it('should work again as soon as Supabase does', async () => {
    const { user: known } = await signUp(api.url);
    const login = { email: known?.email, password: PASSWORD };
    supabase.become(weather);
    const { url } = weather === 'silent' ? hurried : api;
    expect((await new Caller(url).post('/api/auth/login', login)).status).toBe(503);
    supabase.become('up');
    expect((await new Caller(api.url).post('/api/auth/login', login)).status).toBe(200);
  });
});
