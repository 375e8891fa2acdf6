import type { PoolClient } from 'pg';
import type { Database } from '../../context.ts';
import { storageErrorOf } from '../errors/database.errors.ts';
import { SERVICE, type RequestScope } from './caller.ts';
import { scopeStatement } from './scope.ts';

/** Thrown to leave a transaction that must not commit; never seen outside of this file. */
class Undo extends Error {}

/**
 * The only way from this part to the database. Each verb is one short transaction in a named role;
 * no transaction is open while bytes travel.
 */
export class StorageDatabase {
  readonly #database: Database;

  constructor(database: Database) {
    this.#database = database;
  }

  /** Runs `work` as the caller: row-level security decides what it sees and changes. */
  asCaller<T>(scope: RequestScope, work: (client: PoolClient) => Promise<T>): Promise<T> {
    return this.#run(scope, work);
  }

  /** Runs `work` past row-level security, for what the caller was allowed before or what nobody's policy decides. */
  asService<T>(scope: RequestScope, work: (client: PoolClient) => Promise<T>): Promise<T> {
    return this.#run({ ...scope, caller: SERVICE }, work);
  }

  /** Asks whether the caller could do `work`, and undoes it: throws what the work would throw. */
  async probe<T>(scope: RequestScope, work: (client: PoolClient) => Promise<T>): Promise<T> {
    const outcome: { value?: T } = {};
    try {
      await this.#run(scope, async (client) => {
        outcome.value = await work(client);
        throw new Undo();
      });
    } catch (error) {
      if (!(error instanceof Undo)) throw error;
    }
    return outcome.value as T;
  }

  async #run<T>(scope: RequestScope, work: (client: PoolClient) => Promise<T>): Promise<T> {
    try {
      return await this.#database.transaction(async (client) => {
        await client.query(scopeStatement(scope));
        return work(client);
      });
    } catch (error) {
      throw storageErrorOf(error);
    }
  }
}
