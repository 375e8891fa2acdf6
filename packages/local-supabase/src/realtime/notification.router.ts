import type { MessageRelay } from './broadcast/message.relay.ts';
import type { ChangeFeed } from './changes/change.feed.ts';
import type { ListenerEvents } from './database.listener.ts';

/**
 * Turns notifications into deliveries, one after another: they arrive in the order of commits, and so do the messages.
 */
export class NotificationRouter implements ListenerEvents {
  readonly #changes: ChangeFeed;
  readonly #messages: MessageRelay;
  readonly #report: (error: unknown) => void;
  #last: Promise<void> = Promise.resolve();

  constructor(changes: ChangeFeed, messages: MessageRelay, report: (error: unknown) => void) {
    this.#changes = changes;
    this.#messages = messages;
    this.#report = report;
  }

  notified(payload: string): void {
    const colon = payload.indexOf(':');
    const [kind, id] = [payload.slice(0, colon), payload.slice(colon + 1)];
    if (kind === 'changes') this.#after(() => this.#changes.deliver(id));
    else if (kind === 'message') this.#after(() => this.#messages.relay(id));
  }

  resumed(awaySeconds: number): void {
    this.#after(() => this.#changes.catchUp());
    this.#after(() => this.#messages.catchUp(awaySeconds));
  }

  /** Resolves when everything announced so far is delivered. */
  idle(): Promise<void> {
    return this.#last;
  }

  #after(work: () => Promise<void>): void {
    this.#last = this.#last.then(work).catch(this.#report);
  }
}
