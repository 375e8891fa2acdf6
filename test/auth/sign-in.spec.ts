import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import jwt from 'jsonwebtoken';
import { signUp } from '../harness/caller.js';
import { sql } from '../harness/database.js';
import { SharedApi } from '../harness/shared-api.js';
import { MODES } from './modes.js';
import { signingIn } from './sign-in/signing-in.cases.js';
import { signingUp } from './sign-in/signing-up.cases.js';
import { tokenEndpoint } from './sign-in/token-endpoint.cases.js';

describe.each(MODES)('$mode', ({ environment }) => {
  const api = new SharedApi();
  beforeAll(() => api.start(environment));
  afterAll(() => api.close());

  signingUp(api);
  signingIn(api);
  tokenEndpoint(api);

  it('never shows a Supabase refresh token or a key where it has tokens of its own', async () => {
    const { token, user } = await signUp(api.url);
    const claims = jwt.decode(String(token), { json: true });
    if (!('API_SECRET_KEY' in environment)) {
      expect(claims).toMatchObject({
        aud: 'authenticated',
        sub: user?.id,
        session_id: expect.any(String) as unknown,
      });
      return;
    }
    expect(Object.keys(claims ?? {}).sort()).toEqual(['email', 'exp', 'iat', 'sid', 'sub']);
    expect(claims).toMatchObject({ sub: user?.id, email: user?.email });
    expect((claims?.exp ?? 0) - (claims?.iat ?? 0)).toBe(1_800);
    const [row] = await sql<{ data: unknown }>('select data from supanest.credentials where id = $1', [
      claims?.sid,
    ]);
    const refreshTokens = await sql<{ token: string }>(
      'select token from auth.refresh_tokens where session_id = $1',
      [claims?.sid],
    );
    for (const text of [JSON.stringify(row), String(user?.refreshToken), String(token)]) {
      for (const { token: secret } of refreshTokens) expect(text).not.toContain(secret);
    }
    expect(refreshTokens.length).toBeGreaterThan(0);
  });
});
