import { afterAll, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import { CannedSupabase, KEY, USER } from './canned-supabase.fixture.js';
import type { SupabaseAuth } from './supabase-auth.service.js';

const ID = USER.id;
const CALLER = { authToken: 'a.b.c', address: '203.0.113.7' };
const BACK = { redirectUrl: 'https://api.example.com/api/auth/callback', codeChallenge: 'x'.repeat(43) };

describe('SupabaseAuth, second factors and other sites', () => {
  const supabase = new CannedSupabase();
  let auth: SupabaseAuth;
  const bodies = (): unknown[] =>
    supabase.received.map(({ body }) => (body === '' ? null : (JSON.parse(body) as unknown)));

  beforeAll(async () => {
    await supabase.start();
    auth = supabase.auth({ patienceMs: 1_000 });
  });
  beforeEach(() => supabase.begin());
  afterAll(() => supabase.stop());

  it('should ask the documented routes, with the token and the publishable key', async () => {
    supabase.behaviour = {
      body: {
        id: ID,
        url: 'https://idp.example.com/',
        totp: { qr_code: '<svg/>', secret: 's', uri: 'u' },
      },
    };
    await auth.enrollMfaFactor(CALLER);
    await auth.createMfaChallenge({ ...CALLER, factorId: ID });
    await auth.unenrollMfaFactor({ ...CALLER, factorId: ID });
    await auth.linkIdentity({ ...CALLER, provider: 'github', ...BACK });
    await auth.unlinkIdentity({ ...CALLER, identityId: ID });
    expect(supabase.asked).toEqual([
      'POST /auth/v1/factors',
      `POST /auth/v1/factors/${ID}/challenge`,
      `DELETE /auth/v1/factors/${ID}`,
      'GET /auth/v1/user/identities/authorize',
      `DELETE /auth/v1/user/identities/${ID}`,
    ]);
    expect(bodies()[0]).toMatchObject({ factor_type: 'totp' });
    for (const { headers } of supabase.received) {
      expect(headers).toMatchObject({
        apikey: KEY,
        authorization: 'Bearer a.b.c',
        'sb-forwarded-for': '203.0.113.7',
      });
    }
  });

  it('should ask for a URL in place of a redirect, and send the challenge along', async () => {
    supabase.behaviour = { body: { url: 'https://idp.example.com/' } };
    await auth.signInWithSso({ domain: 'example.com', ...BACK });
    expect(supabase.asked).toEqual(['POST /auth/v1/sso']);
    expect(bodies()).toMatchObject([
      {
        domain: 'example.com',
        redirect_to: BACK.redirectUrl,
        skip_http_redirect: true,
        code_challenge: BACK.codeChallenge,
        code_challenge_method: 's256',
      },
    ]);
    const { redirectUrl } = BACK;
    const { url } = auth.signInWithOauth({ provider: 'github', redirectUrl });
    expect(Object.fromEntries(new URL(url).searchParams)).toEqual({
      provider: 'github',
      redirect_to: redirectUrl,
    });
    expect(supabase.received).toHaveLength(1);
  });

  it.each(['../user', `${ID}/../../user`, '', '%2e%2e', `${ID}?x=1`])(
    'should send no request for the id %j',
    async (id) => {
      const refused = { kind: 'not_found' };
      await expect(auth.createMfaChallenge({ ...CALLER, factorId: id })).rejects.toMatchObject(refused);
      await expect(
        auth.verifyMfaChallenge({ ...CALLER, factorId: id, challengeId: ID, code: '1' }),
      ).rejects.toMatchObject(refused);
      await expect(auth.unenrollMfaFactor({ ...CALLER, factorId: id })).rejects.toMatchObject(refused);
      await expect(auth.unlinkIdentity({ ...CALLER, identityId: id })).rejects.toMatchObject(refused);
      expect(supabase.received).toEqual([]);
    },
  );

  it('should name a factor that comes without a name, since only one may be nameless', async () => {
    supabase.behaviour = { body: { id: ID, totp: { qr_code: '<svg/>', secret: 's', uri: 'u' } } };
    await auth.enrollMfaFactor(CALLER);
    await auth.enrollMfaFactor({ ...CALLER, friendlyName: 'mine' });
    expect(bodies()).toMatchObject([
      { friendly_name: expect.stringMatching(/^Authenticator app \d{4}-/) },
      { friendly_name: 'mine' },
    ]);
  });

  it.each([
    ['mfa_recovery_codes_sole_factor', 422, 'conflict'],
    ['mfa_recovery_codes_locked', 429, 'rate_limited'],
  ])('should take %s for what it is', async (code, status, kind) => {
    supabase.behaviour = { status, body: { code: status, error_code: code, msg: 'no' } };
    await expect(auth.unenrollMfaFactor({ ...CALLER, factorId: ID })).rejects.toMatchObject({ kind });
  });

  it('should take nonsense for an outage', async () => {
    const down = { kind: 'unavailable' };
    await expect(auth.enrollMfaFactor(CALLER)).rejects.toMatchObject(down);
    await expect(auth.createMfaChallenge({ ...CALLER, factorId: ID })).rejects.toMatchObject(down);
    await expect(auth.linkIdentity({ ...CALLER, provider: 'github', ...BACK })).rejects.toMatchObject(down);
    await expect(auth.signInWithSso({ domain: 'example.com', ...BACK })).rejects.toMatchObject(down);
    await expect(auth.exchangeCodeForSession({ authCode: 'a', codeVerifier: 'b' })).rejects.toMatchObject(
      down,
    );
    await expect(auth.signInWithIdToken({ provider: 'google', idToken: 'x' })).rejects.toMatchObject({
      kind: expect.stringMatching(/unavailable|authentication/),
    });
  });

  it.each([
    ['mfa_verification_failed', 422, 'validation'],
    ['mfa_challenge_expired', 422, 'validation'],
    ['mfa_factor_not_found', 404, 'not_found'],
    ['insufficient_aal', 422, 'permission'],
    ['session_not_found', 403, 'authentication'],
    ['no_authorization', 403, 'permission'],
    ['no_authorization', 401, 'authentication'],
  ])('should map %s (%i) of a factor to %s', async (error_code, status, kind) => {
    supabase.behaviour = { status, body: { code: status, error_code, msg: 'secret words of Supabase' } };
    const verifying = auth.verifyMfaChallenge({ ...CALLER, factorId: ID, challengeId: ID, code: '1' });
    await expect(verifying).rejects.toMatchObject({
      kind,
      detail: expect.not.stringContaining('secret words'),
    });
  });

  it.each(['flow_state_not_found', 'flow_state_expired', 'bad_code_verifier', 'validation_failed'])(
    'should map %s of a code to authentication',
    async (error_code) => {
      supabase.behaviour = { status: 400, body: { code: 400, error_code, msg: 'x' } };
      await expect(auth.exchangeCodeForSession({ authCode: 'a', codeVerifier: 'b' })).rejects.toMatchObject({
        kind: 'authentication',
      });
    },
  );
});
