import { asBroadcast } from './messages.repository.ts';
import type { MessagesRepository } from './messages.repository.ts';
import { roomOf } from './topic.hub.ts';
import type { TopicHub } from './topic.hub.ts';

const REMEMBERED = 10_000;

/** Broadcasts what SQL sent: `realtime.send()` or a row put into `realtime.messages`. */
export class MessageRelay {
  readonly #repository: MessagesRepository;
  readonly #hub: TopicHub;
  readonly #relayed = new Set<string>();

  constructor(repository: MessagesRepository, hub: TopicHub) {
    this.#repository = repository;
    this.#hub = hub;
  }

  /** Once for each message, however often it is announced. */
  async relay(id: string): Promise<void> {
    if (this.#relayed.has(id)) return;
    this.#remember(id);
    const message = await this.#repository.find(id);
    if (!message) return;
    this.#hub.broadcast(roomOf(message.topic, message.private), asBroadcast(message, { id }), undefined, id);
  }

  /** What was sent while nobody listened. */
  async catchUp(awaySeconds: number): Promise<void> {
    for (const id of await this.#repository.sentWithin(awaySeconds + 5)) await this.relay(id);
  }

  #remember(id: string): void {
    this.#relayed.add(id);
    for (const oldest of this.#relayed) {
      if (this.#relayed.size <= REMEMBERED) break;
      this.#relayed.delete(oldest);
    }
  }
}
