import { randomUUID } from 'node:crypto';
import type { Database } from '../../context.ts';

const MARK = /^files: ([0-9a-f-]{36})$/;

/**
 * A name for this database, made once and kept in it: files are swept only in a folder that belongs to it, never in one
 * that another database still uses.
 */
export function databaseIdentity(database: Database): Promise<string> {
  return database.transaction(async (client) => {
    const { rows } = await client.query<{ mark: string | null }>(
      `select obj_description('storage.migrations'::regclass, 'pg_class') as mark`,
    );
    const known = MARK.exec(rows[0]?.mark ?? '')?.[1];
    if (known !== undefined) return known;
    const identity = randomUUID();
    await client.query(`comment on table storage.migrations is 'files: ${identity}'`);
    return identity;
  });
}
