/** What to listen to. */
export interface Subscription {
  channel: string;
  /** The broadcasts of this name alone; all unless set. With `changes`: `INSERT`, `UPDATE`, `DELETE` or all. */
  event?: string;
  /** Whether the policies of `realtime.messages` decide who may listen. */
  private?: boolean;
  /** Row changes as well, of those rows the user may see. */
  changes?: { schema?: string; table?: string; filter?: string };
}

/** A message of the channel, or a row change. */
export interface ChannelMessage {
  type: 'broadcast' | 'postgres_changes';
  channel: string;
  event: string;
  payload: unknown;
}

/** Messages are gone: the reader was too slow, or the connection was away for too long. */
export interface LostMessages {
  type: 'lost';
  /** How many; null when nobody knows. */
  lost: number | null;
  reason: string;
}

export type RealtimeEvent = ChannelMessage | LostMessages;

export interface ListenOptions {
  /** Ends it. */
  signal?: AbortSignal;
  /** Called when messages arrive from now on: at first, and after each time the subscription had to be made again. */
  onSubscribed?: () => void;
}
