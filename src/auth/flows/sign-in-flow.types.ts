/** A sign-in that was begun here and goes on at another site. */
export interface SignInFlow {
  /** The PKCE verifier: without it the code that comes back is worth nothing. */
  codeVerifier: string;
  /** Where the browser goes in the end; null: it gets the sign-in answer itself. */
  redirectUrl: string | null;
  /** Who links an identity; null where nobody is signed in yet. */
  userId: string | null;
}
