import { createHash, randomBytes } from 'node:crypto';
import { Injectable, Logger } from '@nestjs/common';
import { HttpConfig } from '../../platform/config/config.js';
import { invalidFields, unauthenticated } from '../../platform/errors/errors.js';
import type { Identity } from '../../platform/http/actor.js';
import { SupabaseAuth } from '../../supabase/supabase-auth.service.js';
import type {
  FlowTarget,
  SupabaseProviderRedirect,
  SupabaseRedirect,
} from '../../supabase/supabase.types.js';
import { badFlow } from '../../supabase/upstream-error.js';
import { RedirectUrls } from '../redirect-urls.js';
import { SupabaseSession } from '../sessions/supabase-session.service.js';
import { TokenIssuer } from '../sessions/token-issuer.service.js';
import type { FlowEnd } from './answer-callback.js';
import { FLOW_SECONDS, type FlowBrowser } from './flow-browser.js';
import { SignInFlowsRepository } from './sign-in-flows.repository.js';

/** Where a flow ends, and who has begun it. */
interface FlowStart {
  redirectUrl: string | undefined;
  userId?: string;
}

/** Sign-ins that go on at another site. The browser comes back here, so that Supabase's tokens stay on the server. */
@Injectable()
export class SignInFlows {
  private readonly logger = new Logger(SignInFlows.name);

  constructor(
    private readonly supabase: SupabaseAuth,
    private readonly supabaseSession: SupabaseSession,
    private readonly issuer: TokenIssuer,
    private readonly flows: SignInFlowsRepository,
    private readonly redirectUrls: RedirectUrls,
    private readonly http: HttpConfig,
  ) {}

  /** Begins a sign-in at a provider of OAuth. */
  oauth(
    provider: string,
    redirectUrl: string | undefined,
    browser: FlowBrowser,
  ): Promise<SupabaseProviderRedirect> {
    return this.begin(browser, { redirectUrl }, (target) =>
      Promise.resolve(this.supabase.signInWithOauth({ provider, ...target })),
    );
  }

  /** Begins the single sign-on of a domain. `not_found` when it has none. */
  sso(
    { domain, redirect_url: redirectUrl }: { domain: string; redirect_url: string },
    browser: FlowBrowser,
    address: string,
  ): Promise<SupabaseRedirect> {
    return this.begin(browser, { redirectUrl }, (target) =>
      this.supabase.signInWithSso({ domain, address, ...target }),
    );
  }

  /** Begins to link an identity at a provider to somebody who is signed in. */
  async link(
    identity: Identity,
    { provider, redirectUrl }: { provider: string; redirectUrl: string },
    browser: FlowBrowser,
    address: string,
  ): Promise<SupabaseProviderRedirect> {
    const authToken = await this.supabaseSession.accessTokenOf(identity);
    return this.begin(browser, { redirectUrl, userId: identity.userId }, (target) =>
      this.supabase.linkIdentity({ provider, authToken, address, ...target }),
    );
  }

  /**
   * Ends a flow with what its browser came back with.
   * @throws AppError `authentication` when the browser did not begin it, it has expired, it was ended before, or the code
   * is not its own
   */
  async finish(
    query: Readonly<Record<string, unknown>>,
    browser: FlowBrowser,
    address: string,
  ): Promise<FlowEnd> {
    const { code: authCode, error } = query;
    if (error === undefined && !isCode(authCode)) {
      throw invalidFields([{ field: 'code', message: 'code is the one that Supabase has sent you with' }]);
    }
    const { state } = browser;
    browser.forget(this.http.publicUrl);
    const flow = state === undefined ? null : await this.flows.take(state);
    if (!flow) throw badFlow();
    const { redirectUrl, codeVerifier, userId } = flow;
    if (!isCode(authCode)) return refusedElsewhere(redirectUrl);

    const tokens = await this.supabase.exchangeCodeForSession({ authCode, codeVerifier, address });
    if (userId !== null && userId !== tokens.user.id) {
      this.logger.warn({ msg: 'somebody else came back to link an identity', user_id: userId });
      await this.supabase.signOut({ authToken: tokens.access_token, address });
      throw badFlow();
    }
    return { signedIn: await this.issuer.issue(tokens), redirectUrl };
  }

  /** Nothing is kept, and no cookie set, unless Supabase has agreed. */
  private async begin<T>(
    browser: FlowBrowser,
    { redirectUrl, userId }: FlowStart,
    ask: (target: FlowTarget) => Promise<T>,
  ): Promise<T> {
    const { publicUrl } = this.http;
    const target = this.redirectUrls.check(redirectUrl) ?? null;
    const codeVerifier = randomBytes(48).toString('base64url');
    const answer = await ask({
      redirectUrl: browser.callbackUrl(publicUrl),
      codeChallenge: createHash('sha256').update(codeVerifier).digest('base64url'),
    });
    const flow = { codeVerifier, redirectUrl: target, userId: userId ?? null };
    await this.flows.add(browser.remember(publicUrl), flow, FLOW_SECONDS);
    return answer;
  }
}

const isCode = (code: unknown): code is string => typeof code === 'string' && /^[\w.~-]{1,512}$/.test(code);

function refusedElsewhere(redirectUrl: string | null): FlowEnd {
  if (redirectUrl === null) throw unauthenticated('The sign-in was not completed');
  return { signedIn: null, redirectUrl };
}
