import { PostgresConnection } from '@supabase/lite/postgres';
import { sql } from 'kysely';
import type { Kysely } from 'kysely';
import { asPostgrestError } from './rest.errors.ts';

type Vars = Parameters<PostgresConnection['withContext']>[0];
type Work<T> = (database: Kysely<unknown>) => Promise<T>;
type Options = Parameters<PostgresConnection['withContext']>[2];

/** Carries a result out of a transaction that is rolled back on purpose. */
class RolledBack extends Error {
  readonly result: unknown;

  constructor(result: unknown) {
    super('rolled back on request');
    this.result = result;
  }
}

/**
 * Runs every request as PostgREST does: in one transaction, as the role of its token, with claims and request in
 * settings that end with it. @supabase/lite itself would run as superuser while no table has row-level security, and
 * would grant the API roles everything as soon as one has.
 */
export class RestConnection extends PostgresConnection {
  override async withContext<T>(vars: Vars, work: Work<T>, options?: Options): Promise<T> {
    if (options?.transaction) {
      await enter(options.transaction as Kysely<unknown>, vars, options);
      return work(options.transaction as Kysely<unknown>);
    }
    try {
      return await (this.kysely as Kysely<unknown>).transaction().execute(async (transaction) => {
        await enter(transaction, vars, options);
        const result = await work(transaction);
        if (options?.forceRollback) throw new RolledBack(result);
        return result;
      });
    } catch (error) {
      if (error instanceof RolledBack) return error.result as T;
      throw asPostgrestError(error);
    }
  }
}

async function enter(transaction: Kysely<unknown>, vars: Vars, options: Options): Promise<void> {
  const { role, jwt, uid } = (vars?.auth ?? {}) as {
    role?: string;
    jwt?: object | null;
    uid?: string | null;
  };
  const claims = JSON.stringify(jwt ?? { role: role ?? 'anon' });
  const rpc = options?.rpc;
  const settings: [string, string][] = [
    ['request.jwt.claims', claims],
    ['request.jwt.claim.sub', uid ?? ''],
    ['request.jwt.claim.role', role ?? 'anon'],
    ['request.method', rpc?.method ?? ''],
    ['request.path', rpc?.path ?? ''],
    ['request.headers', JSON.stringify(rpc?.requestHeaders ?? {})],
    ['response.status', ''],
    ['response.headers', ''],
    // Last, for what comes after it is done as that role.
    ['role', role ?? 'anon'],
  ];
  if (rpc?.readOnly) settings.unshift(['transaction_read_only', 'on']);
  const calls = settings.map(([name, value]) => sql`set_config(${name}, ${value}, true)`);
  await sql`select ${sql.join(calls)}`.execute(transaction);
}
