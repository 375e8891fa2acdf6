import { describe, expect, it } from '@jest/globals';
import { Caller, newEmail, PASSWORD, signUp } from '../../harness/caller.js';
import type { SharedApi } from '../../harness/shared-api.js';
import { type Tokens } from './answers.js';

/** The form of OAuth 2.0, which tools send. */
export function tokenEndpoint(api: SharedApi): void {
  const stranger = (): Caller => new Caller(api.url);

  describe('POST /auth/token', () => {
    const FORM = { 'content-type': 'application/x-www-form-urlencoded' };
    const grant = (fields: Record<string, string>, path = '/api/auth/token', headers = {}) =>
      stranger().post<Tokens>(path, new URLSearchParams(fields).toString(), { ...FORM, ...headers });

    it.each(['/api/auth/token', '/api/v1/auth/token'])(
      '%s signs in and refreshes, never enveloped',
      async (path) => {
        const { user } = await signUp(api.url);
        const answer = await grant(
          { grant_type: 'password', username: String(user?.email), password: PASSWORD },
          path,
        );
        expect(answer.status).toBe(200);
        expect(Object.keys(answer.body).sort()).toEqual([
          'access_token',
          'expires_in',
          'refresh_token',
          'token_type',
        ]);
        expect(answer.headers.get('cache-control')).toBe('no-store');
        await expect(
          new Caller(api.url, answer.body.access_token).get('/api/auth/me'),
        ).resolves.toMatchObject({ status: 200 });
        const next = await grant(
          { grant_type: 'refresh_token', refresh_token: answer.body.refresh_token },
          path,
        );
        expect(next.status).toBe(200);
        expect(next.body.refresh_token).not.toBe(answer.body.refresh_token);
      },
    );

    it('ignores what it does not know, as the standard wants', async () => {
      const { user } = await signUp(api.url);
      const answer = await grant(
        {
          grant_type: 'password',
          username: String(user?.email),
          password: PASSWORD,
          scope: '',
          client_id: 'x',
          client_secret: 'y',
        },
        '/api/auth/token',
        { authorization: `Basic ${Buffer.from('x:y').toString('base64')}` },
      );
      expect(answer.status).toBe(200);
    });

    it.each<[string, Record<string, string>, string]>([
      [
        'a wrong password',
        { grant_type: 'password', username: 'nobody@example.com', password: 'wrong' },
        'invalid_grant',
      ],
      [
        'a name that is no e-mail',
        { grant_type: 'password', username: 'nobody', password: 'wrong' },
        'invalid_grant',
      ],
      ['a dead refresh token', { grant_type: 'refresh_token', refresh_token: 'x' }, 'invalid_grant'],
      ['nothing', {}, 'invalid_request'],
      ['no password', { grant_type: 'password', username: 'nobody@example.com' }, 'invalid_request'],
      ['no refresh token', { grant_type: 'refresh_token' }, 'invalid_request'],
      ['another grant', { grant_type: 'client_credentials' }, 'unsupported_grant_type'],
    ])('%s', async (_name, fields, error) => {
      for (const path of ['/api/auth/token', '/api/v1/auth/token']) {
        const answer = await grant(fields, path);
        expect(answer.status).toBe(400);
        expect(answer.body).toEqual({ error, error_description: expect.any(String) as unknown });
      }
    });

    it('takes forms only', async () => {
      const answer = await stranger().post('/api/auth/token', {
        grant_type: 'password',
        username: newEmail(),
        password: 'x',
      });
      expect(answer.status).toBe(415);
      expect(answer.body).toMatchObject({ error: 'invalid_request' });
    });
  });
}
