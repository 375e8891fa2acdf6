-- Nothing is counted.
create view @extschema@.pg_stat_statements as
  select null::oid as userid, null::oid as dbid, null::boolean as toplevel, null::bigint as queryid, null::text as query,
    null::bigint as plans, null::float8 as total_plan_time, null::bigint as calls, null::float8 as total_exec_time,
    null::float8 as min_exec_time, null::float8 as max_exec_time, null::float8 as mean_exec_time,
    null::float8 as stddev_exec_time, null::bigint as rows
  where false;
create function @extschema@.pg_stat_statements_reset(
  userid oid default 0, dbid oid default 0, queryid bigint default 0, minmax_only boolean default false
) returns timestamptz language sql as $$ select now() $$;
grant select on @extschema@.pg_stat_statements to public;
