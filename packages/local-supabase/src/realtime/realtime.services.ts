import type { KeyRing } from '../context.ts';
import type { AuthorizationRepository } from './authorization/authorization.repository.ts';
import type { MessagesRepository } from './broadcast/messages.repository.ts';
import type { TopicHub } from './broadcast/topic.hub.ts';
import type { ChangeFeed } from './changes/change.feed.ts';
import type { DatabaseListener } from './database.listener.ts';
import type { PresenceRooms } from './presence/presence.rooms.ts';
import type { RateCounter } from './rate.counter.ts';

/** What sockets and channels of one Realtime share. */
export interface RealtimeServices {
  readonly keys: KeyRing;
  readonly hub: TopicHub;
  readonly presences: PresenceRooms;
  readonly messages: MessagesRepository;
  readonly authorization: AuthorizationRepository;
  readonly changes: ChangeFeed;
  readonly listener: DatabaseListener;
  readonly joins: RateCounter;
  /** Told of what failed without anybody waiting for it. */
  readonly report: (error: unknown) => void;
}
