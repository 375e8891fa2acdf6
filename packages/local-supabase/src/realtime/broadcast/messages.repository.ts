import type { Pool } from 'pg';
import type { BroadcastMessage } from '../protocol/frame.types.ts';
import { LIMITS } from '../limits.ts';

/** A row of `realtime.messages`. */
export interface StoredMessage {
  readonly id: string;
  readonly topic: string;
  readonly event: string;
  readonly private: boolean;
  readonly payload: unknown;
  readonly binary_payload: Buffer | null;
}

const COLUMNS = 'id, topic, event, coalesce(private, false) as private, payload, binary_payload';

/** Messages that were sent by SQL, or stored to be replayed. */
export class MessagesRepository {
  readonly #pool: Pool;

  constructor(pool: Pool) {
    this.#pool = pool;
  }

  /** Null when the row is gone again. */
  async find(id: string): Promise<StoredMessage | null> {
    const { rows } = await this.#pool.query<StoredMessage>(
      `select ${COLUMNS} from realtime.messages where id = $1`,
      [id],
    );
    return rows[0] ?? null;
  }

  /** The newest stored messages of a private topic, oldest first. @param since milliseconds since 1970 */
  async latest(topic: string, since: number, limit: number): Promise<StoredMessage[]> {
    const { rows } = await this.#pool.query<StoredMessage>(
      `select ${COLUMNS} from realtime.messages
       where topic = $1 and private and extension = 'broadcast'
         and inserted_at >= (to_timestamp($2::float8 / 1000) at time zone current_setting('TimeZone'))
         and (expires_at is null or expires_at > now())
       order by inserted_at desc, ctid desc limit $3`,
      [topic, since, Math.max(1, Math.min(limit, LIMITS.replayed))],
    );
    return rows.reverse();
  }

  /** Ids of messages sent by SQL in the last seconds, for a listener that was away. */
  async sentWithin(seconds: number): Promise<string[]> {
    const { rows } = await this.#pool.query<{ id: string }>(
      `select id from realtime.messages
       where extension = 'broadcast' and broadcasted_at is null
         and inserted_at > now() - make_interval(secs => $1) order by inserted_at`,
      [seconds],
    );
    return rows.map((row) => row.id);
  }

  /** Keeps a message that was broadcast already, for those who join later. @param seconds how long; the maximum if absent */
  async store(topic: string, message: BroadcastMessage, seconds: number | undefined): Promise<void> {
    const isUser = message.kind === 'user';
    const binary = isUser && message.encoding === 'binary' ? message.bytes : null;
    const json = isUser ? message.bytes.toString('utf8') : JSON.stringify(message.payload.payload ?? {});
    await this.#pool.query(
      `insert into realtime.messages (topic, extension, private, event, payload, binary_payload, broadcasted_at, expires_at)
       values ($1, 'broadcast', true, $2, $3, $4, now(), now() + make_interval(secs => $5))`,
      [topic, isUser ? message.event : message.payload.event, binary ? null : json, binary, seconds ?? null],
    );
  }

  /** Forgets what is older than messages are kept. */
  async prune(): Promise<void> {
    await this.#pool.query(
      `delete from realtime.messages
       where inserted_at < now() - make_interval(hours => $1) or expires_at < now()`,
      [LIMITS.messageHours],
    );
  }
}

/** How a stored message is broadcast. @param meta says that it is a replay */
export function asBroadcast(stored: StoredMessage, meta: Record<string, unknown>): BroadcastMessage {
  if (stored.binary_payload) {
    return { kind: 'user', event: stored.event, encoding: 'binary', bytes: stored.binary_payload, meta };
  }
  return {
    kind: 'json',
    payload: { type: 'broadcast', event: stored.event, payload: stored.payload, meta },
  };
}
