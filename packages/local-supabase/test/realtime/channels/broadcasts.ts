import { randomUUID } from 'node:crypto';
import type { RealtimeChannel } from '@supabase/supabase-js';
import { Inbox } from '../realtime.fixture.ts';

/** What a channel says that somebody has sent. */
export interface Broadcast {
  readonly event: string;
  readonly payload: unknown;
  readonly meta?: Record<string, unknown>;
}

/** A topic of nobody else's, which the suite's policies admit members to. */
export const topic = (): string => `topic:${randomUUID()}`;

/** Everything that a channel will hear; call it before joining. */
export function broadcasts(channel: RealtimeChannel): Inbox<Broadcast> {
  const inbox = new Inbox<Broadcast>();
  channel.on('broadcast', { event: '*' }, (message) => inbox.put(message as unknown as Broadcast));
  return inbox;
}
