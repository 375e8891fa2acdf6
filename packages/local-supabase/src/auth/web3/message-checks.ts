import { OAuthError } from '../errors/oauth-error.ts';
import type { SignInMessage } from './sign-in-message.ts';

/** A message is good for so many milliseconds, whatever it says of itself. */
const VALIDITY = 600_000;

/**
 * Refuses a message that was signed for another app, or for another time. `isAllowed` says whether a page of the project
 * may be at a URL, `now` is in milliseconds. Without it a phishing page could sign in with what it had a wallet sign.
 */
export function checkMessage(
  message: SignInMessage,
  chain: string,
  isAllowed: (url: string) => boolean,
  now: number,
): void {
  const refusal = (reason: string): OAuthError => new OAuthError('invalid_grant', reason);
  const { uri, uriText, domain, issuedAt } = message;
  const isLocal = uri.hostname === 'localhost';
  if (uri.protocol !== 'https:' && !isLocal) {
    throw refusal(`Signed ${chain} message is using URI which does not use HTTPS`);
  }
  if (!isAllowed(uriText)) {
    throw refusal(
      `Signed ${chain} message is using URI which is not allowed on this server, message was signed for another app`,
    );
  }
  if (!isLocal && (hostIn(uriText) !== domain || !isAllowed(`https://${domain}/`))) {
    throw refusal(
      `Signed ${chain} message is using a Domain that does not match the one in URI which is not allowed on this server`,
    );
  }
  if (now < (message.notBefore ?? -Infinity)) {
    throw refusal(`Signed ${chain} message becomes valid in the future`);
  }
  if (now > (message.expirationTime ?? Infinity)) throw refusal(`Signed ${chain} message is expired`);
  if (now > issuedAt + VALIDITY) throw refusal(`${chain} message was issued too long ago`);
  if (now < issuedAt - VALIDITY) throw refusal(`${chain} message was issued too far in the future`);
}

/** The host as it was written, with a port that a parser would leave out. */
function hostIn(uri: string): string {
  return /^[^:]+:\/\/(?:[^/?#]*@)?([^/?#]*)/.exec(uri)?.[1] ?? '';
}
