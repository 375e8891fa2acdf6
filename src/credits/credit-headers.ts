import type { ApiReply } from '../platform/http/api-request.js';

/** What the answer of a metered endpoint says about credits. */
export function tellCredits(reply: ApiReply, charged: number, remaining: number): void {
  void reply.header('x-credits-charged', charged).header('x-credits-remaining', remaining);
}
