import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import type { SchemaScript } from '../../database/schema.script.ts';

/** In the order they run; each may run again over what an older one has left. */
const FILES = [
  '01-roles.sql',
  '02-buckets.sql',
  '03-objects.sql',
  '04-names.sql',
  '05-listing.sql',
  '06-triggers.sql',
  '07-access.sql',
  '08-vectors.sql',
];

/**
 * Creates schema `storage` as hosted Supabase has it, so that a project's migrations (policies on `storage.objects`,
 * rows in `storage.buckets`) apply unchanged. Keeps in `storage.migrations` which text of each file ran last.
 */
export function storageSchema(): SchemaScript {
  const files = FILES.map((name) => ({ name, sql: readFileSync(new URL(name, import.meta.url), 'utf8') }));
  return {
    name: 'storage',
    statements: files.map(({ sql }) => sql),
    after: async (client) => {
      for (const [index, { name, sql }] of files.entries()) {
        await client.query(
          `insert into storage.migrations (id, name, hash) values ($1, $2, $3)
           on conflict (id) do update set name = excluded.name, hash = excluded.hash, executed_at = now()
           where storage.migrations.hash <> excluded.hash`,
          [index + 1, name.replace('.sql', ''), createHash('sha1').update(sql).digest('hex')],
        );
      }
    },
  };
}
