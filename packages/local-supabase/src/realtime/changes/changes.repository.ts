import { DatabaseError } from 'pg';
import type { Database } from '../../context.ts';
import type { RealtimeClaims } from '../access.token.ts';
import { LIMITS } from '../limits.ts';
import { SubscriptionError, describeParams } from './subscription.params.ts';
import type { SubscriptionParams } from './subscription.params.ts';

/** One subscribed binding of a channel. */
export interface Binding {
  /** A uuid, unique for each join. */
  readonly key: string;
  readonly params: SubscriptionParams;
  readonly claims: RealtimeClaims;
}

/** What a change says to some bindings. */
export interface Delivery {
  readonly payload: Record<string, unknown>;
  readonly bindings: readonly string[];
}

const PAGE = 500;

/** Subscriptions and captured changes, kept in the schema `_realtime`. */
export class ChangesRepository {
  readonly #database: Database;

  constructor(database: Database) {
    this.#database = database;
  }

  /**
   * Subscribes all of them or none.
   * @throws SubscriptionError when a table is not published, or a filter does not fit it
   */
  async subscribe(bindings: readonly Binding[]): Promise<void> {
    await this.#database.transaction(async (client) => {
      for (const { key, params, claims } of bindings) {
        const query = 'select _realtime.subscribe($1, $2, $3, $4, $5, $6, $7) as tables';
        const values = [
          key,
          params.schema,
          params.table,
          params.action,
          JSON.stringify(params.conditions),
          params.selected,
          JSON.stringify(claims),
        ];
        const { rows } = await client.query<{ tables: number }>(query, values).catch((error: unknown) => {
          throw describeFailure(params, error);
        });
        if (rows[0]?.tables === 0) {
          throw new SubscriptionError(
            `Unable to subscribe to changes with given parameters. Please check Realtime is enabled for the given connect parameters: [${describeParams(params)}]`,
          );
        }
      }
    });
  }

  async unsubscribe(keys: readonly string[]): Promise<void> {
    await this.#database.pool.query('delete from _realtime.subscription where binding = any ($1)', [keys]);
  }

  /** Forgets what another run left behind. */
  async reset(): Promise<void> {
    await this.#database.pool.query('truncate _realtime.subscription, _realtime.change');
  }

  /** Takes all changes of one committed transaction, in the order they were made. */
  async *takeChanges(transaction: string): AsyncGenerator<Delivery> {
    let taken = PAGE;
    while (taken === PAGE) {
      const { rows } = await this.#database.pool.query<{
        taken: number;
        payload: Record<string, unknown> | null;
        bindings: string[];
      }>('select taken, payload, bindings from _realtime.take_changes($1, $2, $3)', [
        transaction,
        PAGE,
        LIMITS.recordBytes,
      ]);
      taken = rows.at(-1)?.taken ?? 0;
      for (const { payload, bindings } of rows) {
        if (payload) yield { payload, bindings };
      }
    }
  }

  /** Transactions whose changes wait, oldest first: for a listener that was away. */
  async waitingTransactions(): Promise<string[]> {
    const { rows } = await this.#database.pool.query<{ xid: string }>(
      'select xid::text from _realtime.change group by xid order by min(id)',
    );
    return rows.map((row) => row.xid);
  }

  /** Changes when tables are published, unpublished or made anew. */
  async publicationFingerprint(): Promise<string> {
    const { rows } = await this.#database.pool.query<{ oids: string | null }>(
      `select string_agg(published::oid::text, ',' order by published::oid) as oids
       from _realtime.published('*', '*') published`,
    );
    return rows[0]?.oids ?? '';
  }
}

function describeFailure(params: SubscriptionParams, error: unknown): Error {
  // Anything but an error of the statement itself (a lost connection, a deadlock) may pass: it is not the client's fault.
  if (!(error instanceof DatabaseError) || !/^(P0|22|42|2B)/.test(error.code ?? '')) {
    return error instanceof Error ? error : new Error(String(error));
  }
  const name = error.code === 'P0001' ? 'raise_exception' : (error.routine ?? 'error');
  return new SubscriptionError(
    `Unable to subscribe to changes with given parameters. An exception happened so please check your connect parameters: [${describeParams(params)}]. Exception: ERROR ${error.code} (${name}) ${error.message}`,
    { cause: error },
  );
}
