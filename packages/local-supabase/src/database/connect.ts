import pg from 'pg';
import type { PoolClient } from 'pg';
import type { Database } from '../context.ts';

/** Connections that the parts share. One backend serves them all, so more would only wait. */
const MAX_CONNECTIONS = 10;

/** A database handle over a pool of connections to the given Postgres. */
export function connect(url: string): Database & { end(): Promise<void> } {
  const pool = new pg.Pool({
    connectionString: url,
    max: MAX_CONNECTIONS,
    application_name: 'local-supabase',
  });
  outliveConnections(pool);
  return {
    pool,
    url,
    transaction: (work) => inTransaction(pool, work),
    end: () => pool.end(),
  };
}

/**
 * Has connections break without ending the process, as errors do that nobody listens for: idle ones, which the pool replaces,
 * and those that are lent out, whose next statement tells.
 */
export function outliveConnections(pool: pg.Pool): void {
  pool.on('error', () => undefined);
  pool.on('connect', (client) => client.on('error', () => undefined));
}

async function inTransaction<T>(pool: pg.Pool, work: (client: PoolClient) => Promise<T>): Promise<T> {
  const client = await pool.connect();
  let broken: Error | undefined;
  try {
    await client.query('begin');
    const result = await work(client);
    await client.query('commit');
    return result;
  } catch (error) {
    await client.query('rollback').catch((failure: unknown) => {
      broken = failure instanceof Error ? failure : new Error(String(failure));
    });
    throw error;
  } finally {
    client.release(broken);
  }
}
