import { invalid } from '../platform/errors/errors.js';
import { getFromAuth, postToAuth } from './auth-request.js';
import type { Behind } from './supabase-clients.service.js';
import { inPath, SupabaseAuthMfa, type SignedInCaller } from './supabase-auth-mfa.js';
import type {
  FlowTarget,
  SupabaseIdentity,
  SupabaseProviderRedirect,
  SupabaseRedirect,
  SupabaseTokens,
} from './supabase.types.js';
import { dataOf, tokensOf, urlOf } from './upstream-answer.js';
import { badFlow, badIdToken, signedOut, type Overrides } from './upstream-error.js';

type From = Pick<Behind, 'address'>;

const badProvider: NonNullable<Overrides[string]> = (cause) =>
  invalid('This provider is not known or not enabled', { cause });

/** The part of `SupabaseAuth` about signing in by other sites: OAuth, ID tokens, single sign-on, linked identities. */
export class SupabaseAuthFlows extends SupabaseAuthMfa {
  /**
   * Signs in by an ID token that a provider has given to the client.
   * @param input.nonce the one the ID token was asked for with, unhashed, if there was one
   * @throws AppError `authentication` when the token is not the provider's, or expired, or the nonce is another
   */
  async signInWithIdToken(
    input: { provider: string; idToken: string; nonce?: string | undefined } & From,
  ): Promise<SupabaseTokens> {
    const { provider, idToken: token, nonce, address } = input;
    const { session } = await dataOf(
      this.clients
        .auth({ address })
        .signInWithIdToken({ provider, token, ...(nonce === undefined ? {} : { nonce }) }),
      { validation_failed: badProvider, invalid_credentials: badIdToken, otherwise: badIdToken },
    );
    return tokensOf(session);
  }

  /** Where to send a browser to sign in at a provider. Nothing is asked: Supabase judges when the browser comes there. */
  signInWithOauth(input: { provider: string } & FlowTarget): SupabaseProviderRedirect {
    const { provider } = input;
    return { provider, url: `${this.clients.authUrl}/authorize?${queryOf(input)}` };
  }

  /**
   * Where to send a browser for the single sign-on of a domain.
   * @throws AppError `not_found` when there is none
   */
  async signInWithSso(input: { domain: string } & FlowTarget & From): Promise<SupabaseRedirect> {
    const { domain, redirectUrl, codeChallenge, address } = input;
    const answer = await postToAuth(this.clients, '/sso', {
      address,
      body: {
        domain,
        redirect_to: redirectUrl,
        // Without it Supabase redirects at once, and the server would go there in the browser's place.
        skip_http_redirect: true,
        ...challengeOf(codeChallenge),
      },
    });
    return { url: urlOf(answer) };
  }

  /**
   * Where to send a browser to link an identity at a provider to the token's user.
   * @throws AppError `permission` where the project does not let users link, `validation` for an unknown provider
   */
  async linkIdentity(
    input: { provider: string } & FlowTarget & SignedInCaller,
  ): Promise<SupabaseProviderRedirect> {
    const { provider, authToken, address } = input;
    const query = `${queryOf(input)}&skip_http_redirect=true`;
    const answer = await getFromAuth(this.clients, `/user/identities/authorize?${query}`, {
      authToken,
      address,
      overrides: { user_not_found: signedOut, validation_failed: badProvider },
    });
    return { provider, url: urlOf(answer) };
  }

  /**
   * Removes an identity of the token's user.
   * @param input.identityId its `identity_id`
   * @throws AppError `conflict` for the last one, `not_found` for one they do not have
   */
  async unlinkIdentity(input: { identityId: string } & SignedInCaller): Promise<void> {
    const { identityId, authToken, address } = input;
    // The client reads the id alone.
    const identity = { identity_id: inPath(identityId) } as SupabaseIdentity;
    await dataOf(this.clients.auth({ authToken, address }).unlinkIdentity(identity), {
      user_not_found: signedOut,
    });
  }

  /**
   * The session for the code with which a browser came back. A code works once, with the verifier of its challenge only.
   * @throws AppError `authentication` when they do not belong together, or too late
   */
  async exchangeCodeForSession(
    input: { authCode: string; codeVerifier: string } & From,
  ): Promise<SupabaseTokens> {
    const { authCode: auth_code, codeVerifier: code_verifier, address } = input;
    return tokensOf(
      await postToAuth(this.clients, '/token?grant_type=pkce', {
        body: { auth_code, code_verifier },
        address,
        overrides: { validation_failed: badFlow, otherwise: badFlow },
      }),
    );
  }
}

function queryOf({ provider, redirectUrl, codeChallenge }: { provider: string } & FlowTarget): string {
  return new URLSearchParams({
    provider,
    redirect_to: redirectUrl,
    ...challengeOf(codeChallenge),
  }).toString();
}

const challengeOf = (codeChallenge: string | undefined): Record<string, string> =>
  codeChallenge === undefined ? {} : { code_challenge: codeChallenge, code_challenge_method: 's256' };
