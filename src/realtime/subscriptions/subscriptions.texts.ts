/** The longer descriptions of the OpenAPI documents. */

export const SUBSCRIBE_DESCRIPTION = `Answered once messages arrive. They are kept for \`GET …/events\`, within bounds.
With \`postgres_changes\` the subscription hears row changes besides the broadcasts of the channel, those of rows the
caller may see.

A subscription ends when nobody reads it for a while (a minute, unless set otherwise), when it is ended, or with the
session: on sign-out, or when its newest access token expires. It lives in the memory of one process: with several
replicas, send a client's requests under \`/realtime\` to the same one (sticky sessions). Another replica answers 404, and
after a restart subscribe again.`;

export const EVENTS_DESCRIPTION = `Each message is one event with an \`id\` and no name, its data being
\`{"channel", "type": "broadcast" | "postgres_changes", "event", "payload"}\`. Two events have a name:

- \`lost\` \`{"lost": 12, "reason": "buffer_full"}\`: the reader was too slow, and so many messages are gone.
  \`{"lost": null, "reason": "connection_lost"}\`: Supabase was away for a while, and what was sent meanwhile is gone.
- \`end\` \`{"reason", "detail"}\`: the stream is over. \`reason\` is \`unsubscribed\`, \`signed_out\`, \`inactive\`,
  \`token_expired\`, \`idle\`, \`replaced\` (more than four readers), \`refused\` (by Supabase) or \`shutdown\`.

\`Last-Event-ID\` goes on after the event of that id. Without it a stream begins with what no reader was sent yet. A comment
every 15 seconds shows that the stream lives. To go on beyond the expiry of an access token, send any request under
\`/realtime\` with the session's new one; the stream itself has to be opened again only if it has ended.`;

export const EVENTS_EXAMPLE = `retry: 1000

id: 1
data: {"channel":"room-1","type":"broadcast","event":"greeting","payload":{"text":"Hello!"}}

: keep-alive

event: end
data: {"reason":"unsubscribed"}

`;
