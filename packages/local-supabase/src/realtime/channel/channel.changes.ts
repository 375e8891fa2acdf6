import { createHash, randomUUID } from 'node:crypto';
import type { RealtimeClaims } from '../access.token.ts';
import type { ChangeReceiver } from '../changes/change.feed.ts';
import type { Binding } from '../changes/changes.repository.ts';
import { SubscriptionError, readSubscriptionParams } from '../changes/subscription.params.ts';
import { RealtimeRefusal } from '../errors.ts';
import type { JoinedChannel } from './joined.channel.types.ts';

const RETRY_MS = 5_000;

/** The postgres_changes of one channel: what it asked for, subscribed in the database, and what arrives. */
export class ChannelChanges implements ChangeReceiver {
  readonly #channel: JoinedChannel;
  readonly #wanted: readonly { key: string; id: number; params: Record<string, unknown> }[];
  #retry: NodeJS.Timeout | undefined;
  #subscribed = false;

  constructor(channel: JoinedChannel, wanted: readonly Record<string, unknown>[]) {
    this.#channel = channel;
    this.#wanted = wanted.map((params) => ({ key: randomUUID(), id: idOf(params), params }));
  }

  /** As the reply to the join repeats it: the client finds its bindings by these ids. */
  get description(): Record<string, unknown>[] {
    return this.#wanted.map(({ id, params }) => ({ ...params, id }));
  }

  /** @throws RealtimeRefusal when the join has to be refused for it */
  async subscribeForJoin(claims: RealtimeClaims): Promise<void> {
    if (this.#wanted.length === 0) return;
    try {
      await this.#subscribe(claims);
    } catch (error) {
      if (error instanceof SubscriptionError) {
        throw new RealtimeRefusal('RealtimeDisabledForConfiguration', error.message);
      }
      throw error;
    }
  }

  /** Subscribes after the join, unless that is done already, and tells the client. */
  announce(claims: RealtimeClaims): void {
    if (this.#wanted.length === 0) return;
    const subscribing = this.#subscribed ? Promise.resolve() : this.#subscribe(claims);
    subscribing.then(
      () => this.#channel.system('postgres_changes', 'ok', 'Subscribed to PostgreSQL'),
      (error: unknown) => this.#failed(claims, error),
    );
  }

  /** Goes on with the claims of a new token. */
  renew(claims: RealtimeClaims): void {
    this.#subscribed = false;
    this.announce(claims);
  }

  pushChange(keys: readonly string[], data: Record<string, unknown>): void {
    const ids = this.#wanted.filter(({ key }) => keys.includes(key)).map(({ id }) => id);
    // A row that may not be described comes with errors only; clients expect the other members all the same.
    this.#channel.push('postgres_changes', {
      ids,
      data: { columns: [], commit_timestamp: null, record: {}, ...data },
    });
  }

  end(): void {
    clearTimeout(this.#retry);
    if (this.#wanted.length === 0) return;
    void this.#channel.services.changes
      .unsubscribe(this.#wanted.map(({ key }) => key))
      .catch(this.#channel.services.report);
  }

  async #subscribe(claims: RealtimeClaims): Promise<void> {
    const bindings: Binding[] = this.#wanted.map(({ key, params }) => ({
      key,
      params: readSubscriptionParams(params),
      claims,
    }));
    const { changes, listener } = this.#channel.services;
    await listener.ready();
    await changes.subscribe(this, bindings);
    this.#subscribed = true;
    // Left while the database was asked.
    if (this.#channel.closed) this.end();
  }

  #failed(claims: RealtimeClaims, error: unknown): void {
    const message = error instanceof Error ? error.message : String(error);
    this.#channel.system('postgres_changes', 'error', message);
    if (error instanceof SubscriptionError || this.#channel.closed) return;
    this.#channel.services.report(error);
    this.#retry = setTimeout(() => this.announce(claims), RETRY_MS).unref();
  }
}

/** The same parameters have the same id, as clients that compare them expect. */
function idOf(params: Record<string, unknown>): number {
  return createHash('sha256').update(JSON.stringify(params)).digest().readUInt32BE(0) >>> 5;
}
