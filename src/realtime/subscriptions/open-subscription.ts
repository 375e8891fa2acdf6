import type { RealtimeMessage, RealtimeSubscription } from '../../supabase/supabase-realtime.types.js';
import type { EventBuffer } from '../events/event-buffer.js';
import { EventStream } from '../events/event-stream.js';
import type { EndReason } from '../sessions/end-reason.types.js';
import { farewell } from '../sessions/farewell.js';

/** More readers of one subscription at a time than this end the oldest. */
const READERS = 4;

/** A subscription of this process: its buffer, and who reads it. */
export class OpenSubscription {
  /** Since when nobody reads, in ms since 1970; undefined while somebody does. */
  unreadSince: number | undefined = Date.now();
  private readonly readers = new Set<EventStream>();
  /** The number of the newest event that some reader was sent. */
  private sent = 0;
  /** The number of the newest event that told of a gap. */
  private gapAt = -1;

  constructor(
    readonly userId: string,
    private readonly channel: string,
    private readonly buffer: EventBuffer,
  ) {}

  hear({ type, event, payload }: RealtimeMessage): void {
    this.buffer.add(JSON.stringify({ channel: this.channel, type, event, payload }));
    this.wake();
  }

  /** Supabase was away: how much was missed nobody knows. Broadcasts and row changes may both say so. */
  hearGap(): void {
    if (this.gapAt === this.buffer.last) return;
    this.buffer.add(JSON.stringify({ lost: null, reason: 'connection_lost' }), 'lost');
    this.gapAt = this.buffer.last;
    this.wake();
  }

  /**
   * A new reader, who goes on after an event, or else after all that readers were sent before.
   * @param connection - where the events go
   * @param onClose - called once he is gone
   * @returns undefined when there is no such event
   */
  read(
    after: number | undefined,
    connection: { destroy(): void },
    onClose: () => void,
  ): EventStream | undefined {
    for (const reader of this.readers) this.sent = Math.max(this.sent, reader.cursor);
    if (after !== undefined && after > this.buffer.last) return undefined;
    const stream = new EventStream(this.buffer, after ?? this.sent, connection, (closed) => {
      this.forget(closed);
      onClose();
    });
    this.readers.add(stream);
    this.unreadSince = undefined;
    const [oldest] = this.readers;
    if (this.readers.size > READERS && oldest) {
      this.forget(oldest);
      oldest.finish(farewell('replaced'));
    }
    return stream;
  }

  keepAlive(): void {
    for (const reader of this.readers) reader.keepAlive();
  }

  /** Ends all streams. */
  finish(reason: EndReason, detail?: string): EventStream[] {
    const readers = [...this.readers];
    for (const reader of readers) reader.finish(farewell(reason, detail));
    this.buffer.clear();
    return readers;
  }

  private forget(reader: EventStream): void {
    this.sent = Math.max(this.sent, reader.cursor);
    this.readers.delete(reader);
    if (this.readers.size === 0) this.unreadSince ??= Date.now();
  }

  private wake(): void {
    for (const reader of this.readers) reader.wake();
  }
}

/** A subscription with what keeps it open at Supabase. */
export interface Registered {
  readonly upstream: RealtimeSubscription;
  readonly open: OpenSubscription;
  end(reason: EndReason, detail?: string): EventStream[];
}
