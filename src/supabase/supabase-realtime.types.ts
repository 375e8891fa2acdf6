/** Row changes as Supabase Realtime filters them: one table, or all of a schema, and at most one condition. */
export interface PostgresChanges {
  schema: string;
  table?: string | undefined;
  /** `column=operator.value`, as PostgREST writes it. */
  filter?: string | undefined;
}

/** One message of a channel. */
export interface RealtimeMessage {
  type: 'broadcast' | 'postgres_changes';
  /** The broadcast's event, or INSERT, UPDATE or DELETE. */
  event: string;
  /** What was broadcast, or `{schema, table, commit_timestamp, eventType, new, old, errors}`. */
  payload: unknown;
}

/** Who hears what comes of a subscription. */
export interface RealtimeListener {
  onMessage(message: RealtimeMessage): void;
  /** The connection to Supabase was lost and is back; whatever was sent meanwhile is gone. */
  onGap?(): void;
  /** Supabase has ended it, and says why. Nothing comes after this. */
  onEnd?(reason: string): void;
}

/** The user's access token of Supabase, or where to get one that still lives: it is asked for again and again. */
export type RealtimeToken = string | (() => Promise<string>);

/** A subscription as its owner sees it. */
export interface RealtimeSubscription {
  /** A uuid. */
  readonly id: string;
  readonly channel: string;
  /** `*`, or the one event that is heard. */
  readonly event: string;
  readonly createdAt: Date;
  /** Sends Supabase a newer token without waiting for the next heartbeat. */
  renewToken(): void;
  /** Ends it; the last one of a session closes its socket. Ending twice is ending once. */
  end(): void;
}
