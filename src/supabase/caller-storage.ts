import type { GoTrueClientOptions } from '@supabase/supabase-js';

type Storage = NonNullable<GoTrueClientOptions['storage']>;

/** Far enough for the client never to think of refreshing: Supabase itself judges the token. */
const NEVER = 253_402_300_799;

/**
 * A session storage with one caller's access token in it, and nothing else ever: with it the stateful client acts for
 * this caller without a request to restore a session first, and what it wants to remember is dropped.
 */
export function callerStorage(accessToken: string): Storage {
  const session = JSON.stringify({
    access_token: accessToken,
    refresh_token: '',
    token_type: 'bearer',
    expires_in: NEVER,
    expires_at: NEVER,
    user: null,
  });
  return {
    getItem: () => session,
    setItem: () => undefined,
    removeItem: () => undefined,
  };
}
