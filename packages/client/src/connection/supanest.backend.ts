import { createClient } from '../client/create-client.ts';
import type { Backend, SignedUp } from './backend.types.ts';

interface Answer {
  access_token: string | null;
  refresh_token: string | null;
  user: { id: string; email: string | null };
}

/** A Supanest API. */
export function supanestBackend(url: string, key: string): Backend {
  const client = createClient({ url });
  return {
    kind: 'supanest',
    url,
    key,
    signIn: async (body) => signedUp(await client.logIn({ body })),
    signUp: async (body) => signedUp(await client.signUp({ body })),
    refresh: async (refreshToken) => {
      const { access_token, refresh_token } = await client.refreshTokens({
        body: { refresh_token: refreshToken },
      });
      return { accessToken: access_token, refreshToken: refresh_token };
    },
  };
}

function signedUp({ access_token, refresh_token, user }: Answer): SignedUp {
  return {
    user: { id: user.id, email: user.email },
    credentials:
      access_token && refresh_token ? { accessToken: access_token, refreshToken: refresh_token } : null,
  };
}
