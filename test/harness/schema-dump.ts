import type { TestDatabase } from './postgres.js';

/** Everything about the private schema that two databases can differ in, as text, sorted. */
const DUMP = `
  select line from (
    select format('table %s column %s %s %s default %s generated %s', c.relname, a.attname,
      format_type(a.atttypid, a.atttypmod), case when a.attnotnull then 'not null' end,
      pg_get_expr(d.adbin, d.adrelid), a.attidentity::text || a.attgenerated::text) as line
    from pg_attribute a join pg_class c on c.oid = a.attrelid
    left join pg_attrdef d on d.adrelid = a.attrelid and d.adnum = a.attnum
    where c.relnamespace = 'supanest'::regnamespace and c.relkind = 'r' and a.attnum > 0 and not a.attisdropped
    union all
    select format('table %s %s rls %s acl %s', relname, reloptions, relrowsecurity, relacl)
    from pg_class where relnamespace = 'supanest'::regnamespace
    union all
    select format('constraint %s on %s: %s', conname, conrelid::regclass, pg_get_constraintdef(oid))
    from pg_constraint where connamespace = 'supanest'::regnamespace
    union all
    select pg_get_indexdef(i.indexrelid) from pg_index i join pg_class c on c.oid = i.indexrelid
    where c.relnamespace = 'supanest'::regnamespace
    union all
    select pg_get_functiondef(oid) || ' acl ' || coalesce(proacl::text, 'default')
    from pg_proc where pronamespace = 'supanest'::regnamespace
    union all
    select pg_get_triggerdef(t.oid) from pg_trigger t join pg_proc p on p.oid = t.tgfoid
    where p.pronamespace = 'supanest'::regnamespace
    union all
    select format('comment on %s %s: %s', classoid::regclass, objsubid, description) from pg_description
    where objoid in (
      select oid from pg_class where relnamespace = 'supanest'::regnamespace
      union all select oid from pg_proc where pronamespace = 'supanest'::regnamespace
      union all select 'supanest'::regnamespace)
    union all
    select 'tier ' || t::text from (select name, position, daily_requests, signup_credits from supanest.tiers) t
  ) lines order by line`;

export async function dumpSchema(database: TestDatabase): Promise<string> {
  const lines = await database.sql<{ line: string }>(DUMP);
  return lines.map(({ line }) => line).join('\n');
}
