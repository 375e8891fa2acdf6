/** What one client may cost. The numbers are Realtime's own for a local project, where it has them. */
export const LIMITS = {
  /** A frame larger than this closes the socket (1009). Bytes. */
  frameBytes: 8_000_000,
  /** A broadcast or presence payload larger than this is refused. Bytes. */
  payloadBytes: 3_000 * 1024,
  /** A record larger than this arrives without its large values and with an error. Bytes. */
  recordBytes: 1_048_576,
  /** Channels joined on one socket at a time. */
  channelsPerSocket: 100,
  /** Joins of all sockets together, a second, averaged over a minute. */
  joinsPerSecond: 100,
  /** Messages one socket sends a second, averaged over a minute. */
  eventsPerSecond: 100,
  /** Presence messages of one socket a second, averaged over a minute. */
  presenceEventsPerSecond: 100,
  /** How often one client may change its presence on one channel in a window; once more closes the channel. */
  presencePerWindow: 5,
  /** Milliseconds. */
  presenceWindowMs: 30_000,
  /** Open sockets. More than Realtime's 200: an API in front holds one for each of its callers. */
  sockets: 10_000,
  /** A socket that says nothing for so long is closed; clients send a heartbeat every 25 s. Milliseconds. */
  idleMs: 60_000,
  /** What may wait for a reader that does not read; beyond it the socket is cut. Bytes. */
  unsentBytes: 16 * 1024 * 1024,
  /** Messages replayed on join, at most. */
  replayed: 25,
  /** How long stored messages are kept. Hours. */
  messageHours: 72,
} as const;
