/** Tables, views and foreign tables with their columns, keys and what may be done with them. `$1`: schemas. */
export const TABLES_SQL = `
select c.oid::text as oid, n.nspname as schema, c.relname as name, c.relkind in ('v', 'm') as is_view,
  obj_description(c.oid, 'pg_class') as description,
  c.relkind in ('r', 'p', 'f') or (c.relkind = 'v' and pg_relation_is_updatable(c.oid, true) & 8 = 8) as insertable,
  c.relkind in ('r', 'p', 'f') or (c.relkind = 'v' and pg_relation_is_updatable(c.oid, true) & 4 = 4) as updatable,
  c.relkind in ('r', 'p', 'f') or (c.relkind = 'v' and pg_relation_is_updatable(c.oid, true) & 16 = 16) as deletable,
  (select coalesce(json_agg(json_build_object(
      'number', a.attnum, 'name', a.attname, 'type', format_type(a.atttypid, a.atttypmod), 'nullable', not a.attnotnull,
      'default', case
        when a.attidentity <> '' then format('nextval(%L::regclass)', pg_get_serial_sequence(format('%I.%I', n.nspname, c.relname), a.attname))
        when a.attgenerated <> '' then null
        else coalesce(pg_get_expr(d.adbin, d.adrelid),
          pg_get_expr(t.typdefaultbin, 0)) end,
      'format', case when b.typnamespace = 'pg_catalog'::regnamespace then format_type(b.oid, null)
        else format_type(a.atttypid, a.atttypmod) end,
      'maxLength', information_schema._pg_char_max_length(
        information_schema._pg_truetypid(a, t), information_schema._pg_truetypmod(a, t)),
      'description', col_description(c.oid, a.attnum),
      'enumeration', (select json_agg(e.enumlabel order by e.enumsortorder) from pg_enum e where e.enumtypid = a.atttypid)
    ) order by a.attnum), '[]')
    from pg_attribute a left join pg_attrdef d on d.adrelid = a.attrelid and d.adnum = a.attnum
    join pg_type t on t.oid = a.atttypid join pg_type b on b.oid = coalesce(nullif(t.typbasetype, 0), t.oid)
    where a.attrelid = c.oid and a.attnum > 0 and not a.attisdropped)::text as columns,
  (select coalesce(json_agg(a.attname order by array_position(k.conkey, a.attnum)), '[]')
    from pg_constraint k join pg_attribute a on a.attrelid = k.conrelid and a.attnum = any (k.conkey)
    where k.conrelid = c.oid and k.contype = 'p')::text as primary_key,
  case when c.relkind in ('v', 'm')
    then (select r.ev_action::text from pg_rewrite r where r.ev_class = c.oid and r.rulename = '_RETURN') end as definition
from pg_class c join pg_namespace n on n.oid = c.relnamespace
where c.relkind in ('r', 'p', 'v', 'm', 'f') and not c.relispartition
  and (n.nspname = any ($1) or c.relkind in ('v', 'm')
    or exists (select from pg_constraint f where c.oid in (f.conrelid, f.confrelid) and f.contype = 'f'))
  and n.nspname not in ('pg_catalog', 'information_schema', 'pg_toast')
order by n.nspname, c.relname`;

/** Foreign keys; of each whether its columns are unique, which makes it one-to-one. */
export const FOREIGN_KEYS_SQL = `
select k.conname as name, k.conrelid::text as origin, k.confrelid::text as target,
  on_.nspname as origin_schema, oc.relname as origin_name, tn.nspname as target_schema, tc.relname as target_name,
  (select json_agg(json_build_array(oa.attname, ta.attname) order by u.position)
    from unnest(k.conkey, k.confkey) with ordinality u(o, t, position)
    join pg_attribute oa on oa.attrelid = k.conrelid and oa.attnum = u.o
    join pg_attribute ta on ta.attrelid = k.confrelid and ta.attnum = u.t)::text as columns,
  exists (select from pg_constraint q where q.conrelid = k.conrelid and q.contype in ('p', 'u')
    and q.conkey <@ k.conkey and q.conkey @> k.conkey) as is_unique
from pg_constraint k
join pg_class oc on oc.oid = k.conrelid join pg_namespace on_ on on_.oid = oc.relnamespace
join pg_class tc on tc.oid = k.confrelid join pg_namespace tn on tn.oid = tc.relnamespace
where k.contype = 'f' and k.conparentid = 0
order by k.conname`;

/** Functions that a request can name its arguments for. `$1`: schemas. */
export const ROUTINES_SQL = `
select n.nspname as schema, p.proname as name, obj_description(p.oid, 'pg_proc') as description,
  p.provolatile as volatility, p.proretset as returns_set, tn.nspname as type_schema, t.typname as type_name,
  rn.nspname as rows_schema, rt.typname as rows_name,
  case when t.typtype = 'd' and not p.proretset and t.typname ~ '^[^/]+/[^/]+$' then t.typname end as media_type,
  t.typbasetype = 'bytea'::regtype as media_binary,
  (rt.oid is not null or coalesce(p.proargmodes::text[] && '{t,b,o}', false)) as returns_rows,
  coalesce(to_json(p.proconfig), '[]')::text as settings,
  (select coalesce(json_agg(json_build_object('name', coalesce(a.name, ''), 'type', format_type(a.type, null),
      -- Functions know no lengths, but without one these would have that of 1.
      'accepts', regexp_replace(format_type(a.type, null), '^(bit|character)(?=$|\\[)', '\\1 varying'),
      'required', a.position <= p.pronargs - p.pronargdefaults, 'variadic', coalesce(a.mode, 'i') = 'v'
      )
      order by a.position), '[]')
    from (select name, type, mode, row_number() over (order by at) as position
      from unnest(p.proargnames, coalesce(p.proallargtypes, p.proargtypes::oid[]), p.proargmodes::text[])
        with ordinality as raw(name, type, mode, at)
      where type is not null and coalesce(mode, 'i') in ('i', 'b', 'v')) a)::text as parameters
from pg_proc p join pg_namespace n on n.oid = p.pronamespace
join pg_type t on t.oid = p.prorettype join pg_namespace tn on tn.oid = t.typnamespace
left join pg_type rt on rt.typtype = 'c' and rt.oid in (t.oid, t.typbasetype)
left join pg_namespace rn on rn.oid = rt.typnamespace
where p.prokind = 'f' and n.nspname = any ($1) and p.prorettype not in ('trigger'::regtype, 'event_trigger'::regtype)
order by n.nspname, p.proname`;

/** Functions from a row of one table to rows of another. */
export const COMPUTED_SQL = `
select n.nspname as schema, p.proname as name, on_.nspname as origin_schema, oc.relname as origin_name,
  tn.nspname as target_schema, tc.relname as target_name, (not p.proretset or p.prorows = 1) as single
from pg_proc p join pg_namespace n on n.oid = p.pronamespace
join pg_class oc on oc.reltype = p.proargtypes[0] join pg_namespace on_ on on_.oid = oc.relnamespace
join pg_class tc on tc.reltype = p.prorettype join pg_namespace tn on tn.oid = tc.relnamespace
where p.pronargs = 1 and p.prokind = 'f' and n.nspname not in ('pg_catalog', 'information_schema')
  and oc.relkind in ('r', 'p', 'v', 'm', 'f') and tc.relkind in ('r', 'p', 'v', 'm', 'f')
order by n.nspname, p.proname`;

/** Settings of the roles that a request may take on, and of the login role they belong to. */
export const ROLE_SETTINGS_SQL = `
select r.rolname as role, to_json(s.setconfig)::text as settings
from pg_db_role_setting s join pg_roles r on r.oid = s.setrole
where s.setdatabase in (0, (select oid from pg_database where datname = current_database()))
order by s.setdatabase`;
