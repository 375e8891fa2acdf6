create function @extschema@.resolve(
  query text, variables jsonb default '{}', "operationName" text default null, extensions jsonb default null
) returns jsonb language sql as $$
  select '{"errors": [{"message": "pg_graphql is not part of the local Supabase."}]}'::jsonb
$$;
create function graphql_public.graphql(
  "operationName" text default null, query text default null, variables jsonb default null, extensions jsonb default null
) returns jsonb language sql as $$
  select @extschema@.resolve(query, coalesce(variables, '{}'), "operationName", extensions)
$$;
grant usage on schema @extschema@ to public;
