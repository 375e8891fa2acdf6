import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, expect, it } from '@jest/globals';
import { startApi, type Api } from '../harness/api.js';
import { Caller, newEmail, PASSWORD } from '../harness/caller.js';
import { sql } from '../harness/database.js';
import { supabaseUnderTest } from '../harness/environment.js';
import { describeLocally, itLocally } from '../harness/local-parts.js';
import { errorOf, representations } from '../harness/representations.js';
import { UNHURRIED } from './modes.js';
import { startStrictProject, type StrictProject } from './strict-project.js';

const APP = 'https://app.example.com/signed-in';

/** Whatever can be switched off, is; anonymous sign-ins are stopped by closed sign-ups. */
const CLOSED = {
  enable_signup: false,
  enable_anonymous_sign_ins: true,
  enable_manual_linking: false,
  mfa: { totp: { enroll_enabled: false, verify_enabled: false } },
  email: { require_current_password: true },
};

let project: StrictProject;
let api: Api;
/** Signed up where that was possible. */
let user: Caller;
let factorId: string;

beforeAll(async () => {
  project = await startStrictProject(CLOSED);
  api = await startApi({ ...UNHURRIED, ...project.environment, REDIRECT_URLS: 'https://app.example.com/**' });
  const { url, publishableKey } = supabaseUnderTest();
  const open = async (path: string, body: object, token?: string) => {
    const response = await fetch(`${url}/auth/v1${path}`, {
      method: 'POST',
      headers: {
        apikey: publishableKey,
        'content-type': 'application/json',
        ...(token !== undefined && { authorization: `Bearer ${token}` }),
      },
      body: JSON.stringify(body),
    });
    return (await response.json()) as { access_token: string; id: string };
  };
  const { access_token: token } = await open('/signup', { email: newEmail(), password: PASSWORD });
  user = new Caller(api.url, token);
  factorId = (await open('/factors', { factor_type: 'totp' }, token)).id;
});
afterAll(async () => {
  await api.close();
  await project.close();
});

/** Each with what the project's settings say of it; nothing of this is canned. */
describeLocally.each(representations)('$prefix, where a project has closed its doors', ({ prefix }) => {
  const email = newEmail();
  const credentials = { email, password: PASSWORD };
  const confirmed = prefix === '/api' ? credentials : { ...credentials, confirm_password: PASSWORD };
  it.each<[string, string, () => object | undefined, string]>([
    ['signUp', '/auth/signup', () => confirmed, 'Signing up is not possible here'],
    ['signUp', '/register', () => credentials, 'Signing up is not possible here'],
    ['createAnonymousUser', '/auth/anonymous', () => undefined, 'Signing up is not possible here'],
    ['signInWithOtp', '/auth/otp', () => ({ email }), 'Signing up is not possible here'],
    [
      'signInWithIdToken',
      '/auth/id-token',
      () => ({ provider: 'google', id_token: 'a.b.c' }),
      'Signing in by this provider is not possible here',
    ],
    [
      'signInWithSso',
      '/auth/sso',
      () => ({ domain: 'example.com', redirect_url: APP }),
      'Single sign-on is not possible here',
    ],
    [
      'linkIdentity',
      '/auth/identities/github',
      () => ({ redirect_url: APP }),
      'Identities cannot be linked or removed here',
    ],
    ['enrollMfaFactor', '/auth/mfa/factors', () => ({}), 'Second factors cannot be set up here'],
  ])('%s by %s is refused, and says so', async (_function, path, body, detail) => {
    const answer = await user.post(`${prefix}${path}`, body());
    expect(errorOf(answer)).toEqual({ status: 403, code: 'PERMISSION_DENIED', detail });
    expect(answer.headers.get('set-cookie')).toBeNull();
    await expect(sql('select from auth.users where email = $1', [email])).resolves.toEqual([]);
  });

  it('so are challenges, their answers, and the removal of identities', async () => {
    const factor = `${prefix}/auth/mfa/factors/${factorId}`;
    const off = { status: 403, detail: 'Second factors cannot be used here' };
    expect(errorOf(await user.post(`${factor}/challenge`))).toMatchObject(off);
    const code = { challenge_id: randomUUID(), code: '123456' };
    expect(errorOf(await user.post(`${factor}/verify`, code))).toMatchObject(off);
    const identity = await user.delete(`${prefix}/auth/identities/${randomUUID()}`);
    expect(errorOf(identity)).toMatchObject({
      status: 403,
      detail: 'Identities cannot be linked or removed here',
    });
  });
});

itLocally('a password can be changed where Supabase itself asks for the present one', async () => {
  const passwords = { current_password: PASSWORD, new_password: `new ${PASSWORD}` };
  const answer = await user.put('/api/auth/password', passwords);
  expect(answer).toMatchObject({ status: 200, body: { message: 'Password updated' } });
});

itLocally('anonymous sign-ins can be closed alone', async () => {
  const other = await startStrictProject({ enable_anonymous_sign_ins: false });
  const strict = await startApi({ ...UNHURRIED, ...other.environment });
  try {
    for (const { prefix } of representations) {
      const answer = await new Caller(strict.url).post(`${prefix}/auth/anonymous`);
      expect(errorOf(answer)).toEqual({
        status: 403,
        code: 'PERMISSION_DENIED',
        detail: 'Signing in anonymously is not possible here',
      });
    }
  } finally {
    await strict.close();
    await other.close();
  }
});
