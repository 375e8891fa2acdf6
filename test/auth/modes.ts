/** Both kinds of token that sign-in can answer with: what holds for one holds for the other. */
export const API_SECRET_KEY = 'a-secret-key-for-tests-of-forty-characters';

/** The limits against guessing have tests of their own. */
export const UNHURRIED = { GUESSING_LIMIT_PER_EMAIL: '1000', GUESSING_LIMIT_PER_IP: '1000' };

export const MODES: { mode: string; environment: Record<string, string> }[] = [
  { mode: "with Supabase's tokens", environment: { ...UNHURRIED } },
  {
    mode: 'with tokens of its own',
    environment: { ...UNHURRIED, API_SECRET_KEY, CREDENTIALS_STORE: 'postgres' },
  },
];
