import type { ChangesRepository, Binding, Delivery } from './changes.repository.ts';

/** Who receives the changes of its bindings. */
export interface ChangeReceiver {
  /** @param keys of the receiver's own bindings that the change concerns */
  pushChange(keys: readonly string[], data: Record<string, unknown>): void;
}

const REFRESH_MS = 5_000;

/** Carries row changes from the database to the channels that subscribed to them. */
export class ChangeFeed {
  readonly #repository: ChangesRepository;
  readonly #report: (error: unknown) => void;
  readonly #bindings = new Map<string, { binding: Binding; receiver: ChangeReceiver }>();
  #fingerprint: string | undefined;
  #refresh: NodeJS.Timeout | undefined;

  /** @param report is told of what failed without a caller */
  constructor(repository: ChangesRepository, report: (error: unknown) => void) {
    this.#repository = repository;
    this.#report = report;
  }

  /**
   * Subscribes, or subscribes anew with other claims. Changes committed after it resolves are received.
   * @throws SubscriptionError when that can never work
   */
  async subscribe(receiver: ChangeReceiver, bindings: readonly Binding[]): Promise<void> {
    for (const binding of bindings) this.#bindings.set(binding.key, { binding, receiver });
    try {
      await this.#repository.subscribe(bindings);
    } catch (error) {
      for (const { key } of bindings) this.#bindings.delete(key);
      throw error;
    }
    this.#fingerprint ??= await this.#repository.publicationFingerprint();
    this.#schedule();
  }

  async unsubscribe(keys: readonly string[]): Promise<void> {
    for (const key of keys) this.#bindings.delete(key);
    await this.#repository.unsubscribe(keys);
  }

  /** Delivers what one committed transaction changed. */
  async deliver(transaction: string): Promise<void> {
    for await (const delivery of this.#repository.takeChanges(transaction)) this.#hand(delivery);
  }

  /** Delivers what waits, after a time without notifications. */
  async catchUp(): Promise<void> {
    for (const transaction of await this.#repository.waitingTransactions()) await this.deliver(transaction);
  }

  close(): void {
    clearTimeout(this.#refresh);
    this.#bindings.clear();
  }

  #hand({ payload, bindings }: Delivery): void {
    const concerned = new Map<ChangeReceiver, string[]>();
    for (const key of bindings) {
      const receiver = this.#bindings.get(key)?.receiver;
      if (receiver) concerned.set(receiver, [...(concerned.get(receiver) ?? []), key]);
    }
    for (const [receiver, keys] of concerned) receiver.pushChange(keys, payload);
  }

  /** A table published later belongs to those who listen to its whole schema, and one made anew to its old listeners. */
  #schedule(): void {
    this.#refresh ??= setTimeout(() => {
      this.#refresh = undefined;
      if (this.#bindings.size === 0) return;
      void this.#refreshSubscriptions()
        .catch(this.#report)
        .finally(() => this.#schedule());
    }, REFRESH_MS).unref();
  }

  async #refreshSubscriptions(): Promise<void> {
    const fingerprint = await this.#repository.publicationFingerprint();
    if (fingerprint === this.#fingerprint) return;
    this.#fingerprint = fingerprint;
    for (const { binding } of this.#bindings.values()) {
      // One that fits no more simply gets nothing.
      await this.#repository.subscribe([binding]).catch(() => undefined);
    }
  }
}
