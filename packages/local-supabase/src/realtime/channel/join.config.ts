import { randomUUID } from 'node:crypto';
import { flagOf, isRecord } from '../protocol/value.checks.ts';

/** What a client asks for when it joins. Realtime reads it leniently: what makes no sense counts as not said. */
export interface JoinConfig {
  readonly accessToken: string | undefined;
  readonly isPrivate: boolean;
  /** Broadcasts are confirmed by a reply. */
  readonly ack: boolean;
  /** The sender receives its own broadcasts. */
  readonly self: boolean;
  /** The client wants a system message once messages from the database flow. */
  readonly replicationReady: boolean;
  /** Undefined when not asked for; the members are checked by who replays. */
  readonly replay: Record<string, unknown> | undefined;
  readonly presenceKey: string;
  readonly presenceEnabled: boolean;
  /** Each as the client wrote it: the reply repeats it. */
  readonly postgresChanges: readonly Record<string, unknown>[];
  /** The join is answered only once the changes are subscribed. */
  readonly waitForChanges: boolean;
}

const section = (parent: unknown, name: string): Record<string, unknown> => {
  const value = isRecord(parent) ? parent[name] : undefined;
  return isRecord(value) ? value : {};
};

/** Reads the payload of `phx_join`. */
export function readJoinConfig(payload: unknown): JoinConfig {
  const config = section(payload, 'config');
  const broadcast = section(config, 'broadcast');
  const presence = section(config, 'presence');
  const changes = config.postgres_changes;
  const key = presence.key;
  const token = isRecord(payload) ? (payload.user_token ?? payload.access_token) : undefined;
  return {
    accessToken: typeof token === 'string' ? token : undefined,
    isPrivate: flagOf(config.private, false),
    ack: flagOf(broadcast.ack, false),
    self: flagOf(broadcast.self, false),
    replicationReady: flagOf(broadcast.replication_ready, false),
    replay: broadcast.replay === undefined ? undefined : section(broadcast, 'replay'),
    presenceKey: typeof key === 'string' && key !== '' ? key : randomUUID(),
    presenceEnabled: flagOf(presence.enabled, true),
    postgresChanges: Array.isArray(changes) ? changes.filter(isRecord) : [],
    waitForChanges: flagOf(section(config, 'postgres_changes_options').wait, false),
  };
}
