/** For `@Endpoint`: what begins a flow sets. */
export const STATE_COOKIE: Record<string, string> = {
  'Set-Cookie':
    'The state of this sign-in, for ten minutes and for this browser: `HttpOnly`, `SameSite=Lax`. The callback asks for it.',
};
