import type pg from 'pg';
import { breaksConnection } from './database-fault.js';

/** A connection for as long as one piece of work has it. Remembers whether it is still of use afterwards. */
export class Lease {
  private isBroken = false;
  // A connection that dies while it is lent out says so here as well as to the query; unheard it would end the process.
  private readonly onError = (): void => {
    this.isBroken = true;
  };

  constructor(private readonly client: pg.PoolClient) {
    client.on('error', this.onError);
  }

  /** Whether a statement failed in a way that leaves the connection useless, or the connection is gone. */
  get broken(): boolean {
    return this.isBroken;
  }

  async send<Row extends object>(statement: pg.QueryConfig): Promise<pg.QueryResult<Row>> {
    try {
      return await this.client.query<Row>(statement);
    } catch (error) {
      if (breaksConnection(error)) this.isBroken = true;
      throw error;
    }
  }

  /** Back to the pool, or away with it. */
  end(): void {
    this.client.off('error', this.onError);
    this.client.release(this.isBroken);
  }
}
