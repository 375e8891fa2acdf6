import type { Pool, PoolClient } from 'pg';

/** Where a repository sends its SQL: the pool, or the one client of a transaction. */
export type Executor = Pool | PoolClient;

/** The only row of a result that must have one. */
export function onlyRow<T>(rows: readonly T[]): T {
  const [row] = rows;
  if (row === undefined) throw new Error('Expected a row and got none.');
  return row;
}

/** GoTrue writes this instance id into every row; the service has only one. */
export const NIL_UUID = '00000000-0000-0000-0000-000000000000';
