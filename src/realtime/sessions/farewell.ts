import type { EndReason } from './end-reason.types.js';

const DETAILS: Readonly<Record<EndReason, string>> = {
  unsubscribed: 'The subscription was ended.',
  signed_out: 'The session was signed out.',
  inactive: 'This account is inactive.',
  token_expired: 'The access token has expired.',
  idle: 'Nobody has read the subscription.',
  replaced: 'Newer readers have taken over.',
  refused: 'Supabase has ended the subscription.',
  shutdown: 'This server is being restarted. Subscribe again.',
};

/** The last event of a stream. It has no number: there is nothing to go on from. */
export function farewell(reason: EndReason, detail = DETAILS[reason]): string {
  return `event: end\ndata: ${JSON.stringify({ reason, detail })}\n\n`;
}
