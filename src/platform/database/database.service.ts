import { Logger, type OnApplicationShutdown } from '@nestjs/common';
import pg from 'pg';
import { internal, unavailable } from '../errors/errors.js';
import { asDatabaseError, refusesStartupParameters } from './database-fault.js';
import { Lease } from './lease.js';
import type { Queryable } from './queryable.types.js';
import { valueTypes } from './value-types.js';

/** How the database is reached. Milliseconds throughout. */
export interface DatabaseOptions {
  /** A direct connection or a pooler's, in transaction mode too: nothing here relies on a session. */
  url: string;
  /** Connections at most (default 10). */
  poolSize?: number;
  /** Callers that may wait for a connection; the next one is refused at once (default 1,000). */
  maxWaiting?: number;
  /** How long one waits for a connection (default 3,000). */
  connectTimeoutMs?: number;
  /** How long a statement may run (default 10,000). */
  statementTimeoutMs?: number;
  /** How long a statement may wait for a lock (default 5,000). */
  lockTimeoutMs?: number;
  /** How long `close` waits for work in flight (default 10,000). */
  closeTimeoutMs?: number;
  /** Named prepared statements: less parsing, but not every pooler in transaction mode can follow (default false). */
  preparedStatements?: boolean;
  /** Shown in `pg_stat_activity`. */
  applicationName?: string;
}

/** The API's own Postgres: a bounded pool, bounded waits, and errors in the house's terms. Provided by `DatabaseModule`. */
export class Database implements Queryable, OnApplicationShutdown {
  private readonly logger = new Logger(Database.name);
  private readonly options: Required<DatabaseOptions>;
  private readonly beforeClosing: (() => Promise<void>)[] = [];
  private readonly inFlight = new Set<Promise<unknown>>();
  private pool: pg.Pool;
  private closing: Promise<void> | undefined;
  private closed = false;

  constructor(options: DatabaseOptions) {
    this.options = {
      poolSize: 10,
      maxWaiting: 1_000,
      connectTimeoutMs: 3_000,
      statementTimeoutMs: 10_000,
      lockTimeoutMs: 5_000,
      closeTimeoutMs: 10_000,
      preparedStatements: false,
      applicationName: 'supanest',
      ...options,
    };
    this.pool = this.createPool(true);
  }

  query<Row extends object>(name: string, sql: string, params: readonly unknown[] = []): Promise<Row[]> {
    return this.withLease((lease) => this.run<Row>(lease, name, sql, params));
  }

  /**
   * One transaction: commits when `work` resolves, rolls back when it throws. Statements in it are bounded by the same
   * timeouts, set for this transaction only. Throws what `query` and `work` throw.
   */
  transaction<T>(work: (transaction: Queryable) => Promise<T>): Promise<T> {
    const { statementTimeoutMs, lockTimeoutMs } = this.options;
    return this.withLease(async (lease) => {
      await lease.send({
        text:
          `begin; set local statement_timeout = ${statementTimeoutMs}; set local lock_timeout = ${lockTimeoutMs};` +
          ` set local idle_in_transaction_session_timeout = ${statementTimeoutMs}`,
      });
      try {
        const result = await work({ query: (name, sql, params = []) => this.run(lease, name, sql, params) });
        const { command } = await lease.send({ text: 'commit' });
        // Postgres answers COMMIT with ROLLBACK when a statement had failed and `work` swallowed it.
        if (command !== 'COMMIT') throw internal(new Error('the transaction had failed and was rolled back'));
        return result;
      } catch (error) {
        if (!lease.broken) await lease.send({ text: 'rollback' });
        throw error;
      }
    });
  }

  /**
   * Registers work that still needs the database when the service stops, such as a queue to drain. The last one
   * registered is asked first, as it may build on the others.
   */
  beforeClose(work: () => Promise<void>): void {
    this.beforeClosing.push(work);
  }

  /** Drains what was registered, waits for work in flight, then ends the connections. Safe to call twice. */
  close(): Promise<void> {
    return (this.closing ??= this.shutDown());
  }

  /** After the last request was answered: Nest calls this once the HTTP server is closed. */
  onApplicationShutdown(): Promise<void> {
    return this.close();
  }

  private async shutDown(): Promise<void> {
    for (const work of this.beforeClosing.toReversed()) {
      await work().catch((error: unknown) => this.logger.error({ msg: 'not closed in order', err: error }));
    }
    this.closed = true;
    let timer: NodeJS.Timeout | undefined;
    const patience = new Promise((resolve) => {
      timer = setTimeout(resolve, this.options.closeTimeoutMs);
    });
    await Promise.race([Promise.allSettled([...this.inFlight]), patience]);
    await Promise.race([this.pool.end(), patience]);
    clearTimeout(timer);
  }

  private run<Row extends object>(
    lease: Lease,
    name: string,
    sql: string,
    params: readonly unknown[],
  ): Promise<Row[]> {
    const statement: pg.QueryConfig = { text: sql, values: [...params] };
    if (this.options.preparedStatements) statement.name = name;
    return lease.send<Row>(statement).then((result) => result.rows);
  }

  private withLease<T>(work: (lease: Lease) => Promise<T>): Promise<T> {
    const running = this.lend(work).catch((error: unknown) => {
      throw asDatabaseError(error);
    });
    const settled = running.then(
      () => undefined,
      () => undefined,
    );
    this.inFlight.add(settled);
    void settled.then(() => this.inFlight.delete(settled));
    return running;
  }

  private async lend<T>(work: (lease: Lease) => Promise<T>): Promise<T> {
    const lease = new Lease(await this.connect());
    try {
      return await work(lease);
    } finally {
      lease.end();
    }
  }

  private async connect(): Promise<pg.PoolClient> {
    if (this.closed) throw unavailable('The service is shutting down.');
    if (this.pool.waitingCount >= this.options.maxWaiting) {
      throw unavailable('Too many requests are waiting for the database.');
    }
    const pool = this.pool;
    try {
      return await pool.connect();
    } catch (error) {
      if (!refusesStartupParameters(error)) throw error;
      if (pool === this.pool) {
        this.logger.log('the pooler takes no server timeouts at connect; relying on those of transactions');
        this.pool = this.createPool(false);
        void pool.end();
      }
      return this.pool.connect();
    }
  }

  private createPool(serverTimeouts: boolean): pg.Pool {
    const { url, poolSize, connectTimeoutMs, statementTimeoutMs, lockTimeoutMs, applicationName } =
      this.options;
    const pool = new pg.Pool({
      connectionString: url,
      max: poolSize,
      connectionTimeoutMillis: connectTimeoutMs,
      idleTimeoutMillis: 30_000,
      application_name: applicationName,
      keepAlive: true,
      types: valueTypes,
      // The client's own patience is longer than the server's, so that the server's answer normally comes first.
      query_timeout: statementTimeoutMs + 2_000,
      ...(serverTimeouts && {
        statement_timeout: statementTimeoutMs,
        lock_timeout: lockTimeoutMs,
        idle_in_transaction_session_timeout: statementTimeoutMs,
      }),
    });
    pool.on('error', (error) => this.logger.warn(`idle connection lost: ${error.message}`));
    // Between the pool, which hears what befalls idle connections, and the lease nobody listens for a moment, and a Postgres
    // that dies right then would end the process. Whoever has the connection is told by his statement.
    pool.on('connect', (client) => client.on('error', () => undefined));
    return pool;
  }
}
