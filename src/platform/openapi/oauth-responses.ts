import type { AppError } from '../errors/app-error.js';
import * as errors from '../errors/errors.js';
import { renderOAuthError } from '../errors/render-oauth-error.js';
import { REQUEST_ID, RETRY_AFTER } from './headers.js';
import type { HeadersObject, ResponseObject, Schema } from './openapi.types.js';

/** The schema of an error of an endpoint that declares `errors: 'oauth2'`. */
export const OAUTH_ERROR: Schema = {
  type: 'object',
  description: 'An error as OAuth2 clients read it (RFC 6749, 5.2).',
  required: ['error', 'error_description'],
  properties: {
    error: { type: 'string', description: 'A name that the standard fixes, for programs.' },
    error_description: { type: 'string', description: 'What went wrong, for people.' },
  },
};

const REFUSALS: [description: string, error: AppError, headers?: HeadersObject][] = [
  ['The form is not valid, or the credentials are not.', errors.unauthenticated('Invalid email or password')],
  ['The body is too large.', errors.payloadTooLarge()],
  ['The body is no form.', errors.unsupportedMediaType()],
  ['A quota or a limit against guessing is used up.', errors.rateLimited(3_600), RETRY_AFTER],
  ['A fault of ours.', errors.internal(undefined)],
  ['Supabase cannot be reached.', errors.unavailable(), RETRY_AFTER],
];

/** What such an endpoint answers when it refuses, by status. */
export function oauthErrorResponses(): Record<string, ResponseObject> {
  return Object.fromEntries(
    REFUSALS.map(([description, error, headers]) => {
      const { status, body } = renderOAuthError(error);
      const content = {
        'application/json': { schema: { $ref: '#/components/schemas/OAuthError' }, example: body },
      };
      return [String(status), { description, headers: { ...REQUEST_ID, ...headers }, content }];
    }),
  );
}
