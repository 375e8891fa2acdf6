/** Why a stream, or a subscription with its streams, is over. */
export type EndReason =
  'unsubscribed' | 'signed_out' | 'inactive' | 'token_expired' | 'idle' | 'replaced' | 'refused' | 'shutdown';
