import { describe, expect, it } from '@jest/globals';
import {
  CREDENTIALS,
  refusal,
  USER,
  type Behaviour,
  type CannedSupabase,
} from './canned-supabase.fixture.js';

/** What it makes of refusals. */
export function refusalsOfAuth(supabase: CannedSupabase): void {
  describe('what it makes of refusals', () => {
    const signIn = (): Promise<unknown> => supabase.auth().signInWithEmail(CREDENTIALS);
    const refresh = (): Promise<unknown> => supabase.auth().refreshSession({ refreshToken: 'r' });
    const signUp = (): Promise<unknown> => supabase.auth().signUp(CREDENTIALS);
    const verify = (): Promise<unknown> =>
      supabase.auth().verifyOtp({ email: 'ada@example.com', token: '1' });
    const me = (): Promise<unknown> => supabase.auth().getSession({ authToken: 'a.b.c' });
    const newPassword = (): Promise<unknown> =>
      supabase.auth().updatePassword({ authToken: 'a.b.c', password: 'x' });
    const asAdmin = (): Promise<unknown> => supabase.auth().getUser({ userId: USER.id });

    it.each<[string, () => Promise<unknown>, Behaviour, string, string]>([
      [
        'a wrong password',
        signIn,
        refusal('invalid_credentials'),
        'authentication',
        'Invalid email or password',
      ],
      ['a banned user', signIn, refusal('user_banned'), 'authentication', 'Invalid email or password'],
      [
        'an unconfirmed e-mail',
        signIn,
        refusal('email_not_confirmed'),
        'authentication',
        'Email not confirmed',
      ],
      [
        'a provider that is off',
        signIn,
        refusal('email_provider_disabled', 422),
        'permission',
        'Signing in by email is not possible here',
      ],
      [
        'a duplicate',
        signUp,
        refusal('user_already_exists', 422),
        'validation',
        'A user with this email already exists',
      ],
      [
        'a hidden duplicate',
        signUp,
        { body: { ...USER, identities: [] } },
        'validation',
        'A user with this email already exists',
      ],
      [
        'a weak password',
        signUp,
        {
          status: 422,
          body: {
            code: 'weak_password',
            message: 'x',
            weak_password: { reasons: ['length', 'pwned', 'secret words'] },
          },
          headers: { 'x-supabase-api-version': '2024-01-01' },
        },
        'validation',
        'The password is too weak: it is too short, it is known from leaks',
      ],
      [
        'closed sign-ups',
        signUp,
        refusal('signup_disabled', 422),
        'permission',
        'Signing up is not possible here',
      ],
      [
        'a dead refresh token',
        refresh,
        refusal('refresh_token_not_found'),
        'authentication',
        'Invalid or expired refresh token',
      ],
      [
        'a used refresh token',
        refresh,
        refusal('refresh_token_already_used'),
        'authentication',
        'Invalid or expired refresh token',
      ],
      [
        'a refresh of a session that is gone',
        refresh,
        refusal('session_not_found', 403),
        'authentication',
        'Invalid or expired refresh token',
      ],
      [
        'a refresh of a banned user',
        refresh,
        refusal('user_banned', 403),
        'authentication',
        'Invalid or expired refresh token',
      ],
      [
        'a refresh refused without a code',
        refresh,
        { status: 400, body: { error: 'invalid_grant' } },
        'authentication',
        'Invalid or expired refresh token',
      ],
      ['a wrong code', verify, refusal('otp_expired', 403), 'authentication', 'Invalid or expired code'],
      [
        'a code for nobody',
        verify,
        refusal('user_not_found', 404),
        'authentication',
        'Invalid or expired code',
      ],
      [
        'a token of a session that is gone',
        me,
        refusal('session_not_found', 403),
        'authentication',
        'Invalid or expired authentication token',
      ],
      [
        'a token of a user who is gone',
        me,
        refusal('user_not_found', 403),
        'authentication',
        'Invalid or expired authentication token',
      ],
      [
        'a bad token',
        me,
        refusal('bad_jwt', 401),
        'authentication',
        'Invalid or expired authentication token',
      ],
      [
        'the same password',
        newPassword,
        refusal('same_password', 422),
        'validation',
        'The new password must differ from the present one',
      ],
      [
        'a second factor',
        newPassword,
        refusal('insufficient_aal', 401),
        'permission',
        'A second factor is needed for this',
      ],
      ['no such user', asAdmin, refusal('user_not_found', 404), 'not_found', 'There is no such user.'],
      [
        'our key',
        asAdmin,
        refusal('not_admin', 403),
        'unavailable',
        'A service this request needs is not available. Try again later.',
      ],
      [
        'our key, at the gateway',
        signIn,
        { status: 401, body: { message: 'Invalid API key' } },
        'unavailable',
        'A service this request needs is not available. Try again later.',
      ],
      [
        'what we have never heard of',
        signUp,
        refusal('novelty', 418),
        'validation',
        'Supabase does not accept this request.',
      ],
    ])('%s', async (_name, ask, does, kind, message) => {
      supabase.behaviour = does;
      const error = (await ask().catch((thrown: unknown) => thrown)) as Error & { kind: string };
      expect({ kind: error.kind, message: error.message }).toEqual({ kind, message });
      expect(JSON.stringify(error)).not.toContain('secret words');
    });

    it('should wait as long as Supabase says', async () => {
      supabase.behaviour = refusal(
        'over_email_send_rate_limit',
        429,
        'For security purposes, you can only request this after 37 seconds.',
      );
      await expect(supabase.auth().signInWithOtp({ email: 'ada@example.com' })).rejects.toMatchObject({
        kind: 'rate_limited',
        retryAfter: 37,
      });
      supabase.behaviour = refusal('over_request_rate_limit', 429);
      await expect(refresh()).rejects.toMatchObject({ kind: 'rate_limited', retryAfter: 60 });
    });

    it('should take a session that is gone for signed out', async () => {
      supabase.behaviour = refusal('session_not_found', 403);
      await expect(supabase.auth().signOut({ authToken: 'a.b.c' })).resolves.toBeUndefined();
    });
  });
}
