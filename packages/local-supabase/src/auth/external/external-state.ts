import type { KeyRing } from '../../context.ts';
import { NIL_UUID } from '../database/executor.ts';
import { AuthError } from '../errors/auth-error.ts';
import { Document } from './document.ts';

/** What a sign-in carries to the provider and back, signed by the project's own key. */
export interface ExternalState {
  readonly provider: string;
  /** Where the browser goes afterwards; checked against the allow list when the sign-in began. */
  readonly referrer: string;
  /** The PKCE flow that waits for this sign-in, or empty. */
  readonly flowStateId: string;
  readonly inviteToken: string;
  /** The user whom the identity is linked to, or empty. */
  readonly linkingTargetId: string;
  /** Where the secret of our own PKCE with the provider is kept, or empty. */
  readonly clientStateId: string;
}

/** Seconds a user has at the provider. */
const LIFETIME = 5 * 60;

/** The state as a JWT, by GoTrue's names. */
export function signState(keys: KeyRing, state: ExternalState, siteUrl: string): Promise<string> {
  return keys.sign({
    exp: Math.floor(Date.now() / 1000) + LIFETIME,
    site_url: siteUrl,
    id: NIL_UUID,
    provider: state.provider,
    referrer: state.referrer,
    flow_state_id: state.flowStateId,
    ...(state.inviteToken && { invite_token: state.inviteToken }),
    ...(state.linkingTargetId && { linking_target_id: state.linkingTargetId }),
    ...(state.clientStateId && { oauth_client_state_id: state.clientStateId }),
  });
}

/** The state that came back; refused when it is missing, forged, too old, or another token of this project. */
export async function readState(keys: KeyRing, text: string): Promise<ExternalState> {
  if (text === '') throw new AuthError(400, 'bad_oauth_callback', 'OAuth state parameter missing');
  const claims = new Document(await keys.verify(text).catch(() => undefined));
  if (claims.at() === undefined) {
    throw new AuthError(400, 'bad_oauth_state', 'OAuth callback with invalid state');
  }
  const provider = claims.text('provider');
  if (provider === '') {
    throw new AuthError(400, 'bad_oauth_state', 'OAuth callback with invalid state (missing provider)');
  }
  return {
    provider,
    referrer: claims.text('referrer'),
    flowStateId: claims.text('flow_state_id'),
    inviteToken: claims.text('invite_token'),
    linkingTargetId: claims.text('linking_target_id'),
    clientStateId: claims.text('oauth_client_state_id'),
  };
}
