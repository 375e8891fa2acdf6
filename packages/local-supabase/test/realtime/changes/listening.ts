import { randomUUID } from 'node:crypto';
import type { RealtimeChannel } from '@supabase/supabase-js';
import { Inbox, joined, systemMessages } from '../realtime.fixture.ts';
import type { RealtimeFixture } from '../realtime.fixture.ts';

/** What a channel says of a row. */
export interface Change {
  readonly eventType: 'INSERT' | 'UPDATE' | 'DELETE';
  readonly schema: string;
  readonly table: string;
  readonly new: Record<string, unknown>;
  readonly old: Record<string, unknown>;
  readonly errors: string[] | null;
  readonly commit_timestamp: string;
}

/** What a channel asks for. */
export interface Wanted {
  event?: string;
  schema?: string;
  table?: string;
  filter?: unknown;
  select?: string[];
}

/** Joins a channel that listens to changes, and waits until they are subscribed. */
export async function listen(
  fixture: RealtimeFixture,
  wanted: Wanted[],
  token?: string,
): Promise<[Inbox<Change>, RealtimeChannel]> {
  const channel = (await fixture.client(token)).channel(randomUUID());
  const inbox = new Inbox<Change>();
  for (const one of wanted) {
    const filter = { event: '*', schema: 'public', ...one } as { event: '*'; schema: string };
    channel.on('postgres_changes', filter, (change) => inbox.put(change as unknown as Change));
  }
  const system = systemMessages(channel);
  await joined(channel);
  const { message } = await system.next(({ extension }) => extension === 'postgres_changes');
  if (message !== 'Subscribed to PostgreSQL') throw new Error(message);
  return [inbox, channel];
}

/** Everything that was delivered before a change that is known to be delivered. */
export async function delivered(inbox: Inbox<Change>, last: (change: Change) => boolean): Promise<Change[]> {
  await inbox.next(last);
  return inbox.items;
}
