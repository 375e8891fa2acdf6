import { jwtVerify, SignJWT, type JWTPayload } from 'jose';
import type { KeyRing } from '../../../src/context.ts';

const SECRET = 'super-secret-jwt-token-with-at-least-32-characters-long';

/** Keys as `supabase start` has them: HS256 by the well-known secret. */
export async function testKeys(): Promise<KeyRing> {
  const secret = new TextEncoder().encode(SECRET);
  const sign = (claims: JWTPayload): Promise<string> =>
    new SignJWT(claims)
      .setProtectedHeader({ alg: 'HS256', typ: 'JWT' })
      .setIssuedAt()
      .setExpirationTime('1h')
      .sign(secret);
  return {
    jwtSecret: SECRET,
    anonKey: await sign({ role: 'anon', iss: 'supabase-demo' }),
    serviceRoleKey: await sign({ role: 'service_role', iss: 'supabase-demo' }),
    publishableKey: 'sb_publishable_test',
    secretKey: 'sb_secret_test',
    sign,
    verify: async (token) => (await jwtVerify(token, secret)).payload,
    jwks: () => ({ keys: [] }),
  };
}
