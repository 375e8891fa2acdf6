import type { BroadcastMessage, Serializer } from '../protocol/frame.types.ts';

/** Who receives what is broadcast to a topic. */
export interface TopicMember {
  /** The topic as this member joined it, with its prefix. */
  readonly topic: string;
  readonly serializer: Serializer;
  /** May this member have the message? Private channels ask their read policy. */
  readonly receivesBroadcasts: boolean;
  /** Ids of stored messages this member got already, when it joined. */
  readonly replayed: ReadonlySet<string>;
  deliver(data: string | Buffer): void;
}

/** Public and private channels of one name are different rooms. */
export const roomOf = (topic: string, isPrivate: boolean): string =>
  `${isPrivate ? 'private' : 'public'}:${topic}`;

/** Carries broadcasts to the members of a room; each protocol version is encoded once a message. */
export class TopicHub {
  readonly #rooms = new Map<string, Set<TopicMember>>();

  join(room: string, member: TopicMember): void {
    const members = this.#rooms.get(room) ?? new Set();
    this.#rooms.set(room, members.add(member));
  }

  leave(room: string, member: TopicMember): void {
    const members = this.#rooms.get(room);
    members?.delete(member);
    if (members?.size === 0) this.#rooms.delete(room);
  }

  /** @param except the sender, unless it wants its own messages. @param messageId of a stored message */
  broadcast(room: string, message: BroadcastMessage, except?: TopicMember, messageId?: string): void {
    const encoded = new Map<Serializer, string | Buffer | undefined>();
    for (const member of this.#rooms.get(room) ?? []) {
      if (member === except || !member.receivesBroadcasts) continue;
      if (messageId !== undefined && member.replayed.has(messageId)) continue;
      if (!encoded.has(member.serializer)) {
        encoded.set(member.serializer, member.serializer.encodeBroadcast(member.topic, message));
      }
      const data = encoded.get(member.serializer);
      if (data !== undefined) member.deliver(data);
    }
  }
}
