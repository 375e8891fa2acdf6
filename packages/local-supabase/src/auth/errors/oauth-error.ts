/** A refusal in the words of OAuth 2.0: `error` and `error_description`, without a code of GoTrue's. */
export class OAuthError extends Error {
  readonly error: string;

  constructor(error: string, description: string) {
    super(description);
    this.name = 'OAuthError';
    this.error = error;
  }
}
