import type { ApiReply } from '../../platform/http/api-request.js';
import type { Representation } from '../../platform/http/representation.js';
import { presentSignIn } from '../present-sign-in.js';
import type { SignedIn } from '../sessions/sign-in.types.js';

/** What a sign-in at another site came to. */
export interface FlowEnd {
  /** Null: the other site, or whoever sat in front of it, has refused. */
  signedIn: SignedIn | null;
  /** Where the browser goes; null: it gets the answer itself. */
  redirectUrl: string | null;
}

/**
 * Answers a browser that came back: with the sign-in, or by sending it on. What it is sent on with stands in the fragment,
 * which no server ever gets to see and no log holds, and never in the query.
 */
export async function answerCallback(
  reply: ApiReply,
  end: FlowEnd,
  representation: Representation,
): Promise<void> {
  if (end.redirectUrl === null) {
    if (end.signedIn) await reply.send(presentSignIn(end.signedIn, representation));
    return;
  }
  const url = new URL(end.redirectUrl);
  url.hash = fragmentOf(end.signedIn).toString();
  await reply.redirect(url.href, 302);
}

/** Named as Supabase's own are, so that its clients can read them. */
function fragmentOf(signedIn: SignedIn | null): URLSearchParams {
  if (!signedIn) {
    return new URLSearchParams({
      error: 'access_denied',
      error_description: 'The sign-in was not completed',
    });
  }
  return new URLSearchParams({
    access_token: signedIn.accessToken,
    expires_in: String(signedIn.expiresIn),
    refresh_token: signedIn.refreshToken,
    token_type: 'bearer',
  });
}
