import type { PoolClient } from 'pg';
import { onlyRow, type Executor } from '../database/executor.ts';
import type { Hook } from './hook-config.ts';

/** GoTrue's patience, milliseconds. */
const TIMEOUT = 2_000;

/** What hooks run as: who has not been granted a function or a table here has not been on a hosted project, either. */
const AS_AUTH = `set local role supabase_auth_admin; set local search_path to auth; set local statement_timeout to ${TIMEOUT}`;
const AS_BEFORE = 'reset role; set local search_path to default; set local statement_timeout to default';

/** Calls the function in the caller's transaction, which ends if it fails. */
export async function callPostgresHook(
  tx: Executor | PoolClient,
  hook: Hook & { kind: 'postgres' },
  input: object,
): Promise<unknown> {
  await tx.query(AS_AUTH);
  const { rows } = await tx.query<{ answer: unknown }>(
    `select "${hook.schema}"."${hook.function}"($1) as answer`,
    [JSON.stringify(input)],
  );
  await tx.query(AS_BEFORE);
  const { answer } = onlyRow(rows);
  return typeof answer === 'string' ? (JSON.parse(answer) as unknown) : answer;
}
