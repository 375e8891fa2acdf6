import { randomBytes } from 'node:crypto';
import { createParamDecorator, type ExecutionContext } from '@nestjs/common';
import type { ApiReply, ApiRequest } from '../../platform/http/api-request.js';

/** How long somebody may take at the other site, in seconds. */
export const FLOW_SECONDS = 600;

const NAME = 'supanest_state';
const COOKIE = new RegExp(`(?:^|;) *${NAME}=([\\w-]{43}) *(?:;|$)`);

/** The browser that begins a sign-in elsewhere and has to be the one that comes back: known by a cookie. */
export class FlowBrowser {
  constructor(
    private readonly request: ApiRequest,
    private readonly reply: ApiReply,
  ) {}

  /** The state this browser came with; undefined when it has none. */
  get state(): string | undefined {
    return COOKIE.exec(this.request.headers.cookie ?? '')?.[1];
  }

  /**
   * Where the browser comes back to, in the representation it has begun with.
   * @param publicUrl - where this API is reached; undefined: where this request has reached it
   */
  callbackUrl(publicUrl: string | undefined): string {
    const prefix = this.request.representation === 'plain' ? '/api' : '/api/v1';
    return `${publicUrl ?? this.origin}${prefix}/auth/callback`;
  }

  /** Gives the browser a state that nobody can guess, to be sent to this API alone and out of reach of scripts. */
  remember(publicUrl: string | undefined): string {
    const state = randomBytes(32).toString('base64url');
    this.setCookie(state, FLOW_SECONDS, publicUrl);
    return state;
  }

  forget(publicUrl: string | undefined): void {
    this.setCookie('', 0, publicUrl);
  }

  private get origin(): string {
    return `${this.request.protocol}://${this.request.host}`;
  }

  /** Lax: the browser comes back by a link from another site, and only by that. */
  private setCookie(value: string, maxAge: number, publicUrl: string | undefined): void {
    const secure = (publicUrl ?? this.origin).startsWith('https:') ? '; Secure' : '';
    void this.reply.header(
      'set-cookie',
      `${NAME}=${value}; Path=/api; Max-Age=${String(maxAge)}; HttpOnly; SameSite=Lax${secure}`,
    );
  }
}

/** The browser of a request that begins or ends a sign-in elsewhere. */
export const Browser = createParamDecorator((_: unknown, context: ExecutionContext): FlowBrowser => {
  const http = context.switchToHttp();
  return new FlowBrowser(http.getRequest<ApiRequest>(), http.getResponse<ApiReply>());
});
