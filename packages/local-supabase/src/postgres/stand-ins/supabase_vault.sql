-- Secrets are kept as they are: this database is its developer's. `secret` is the text itself, not its cipher.
create table @extschema@.secrets (
  id uuid primary key default gen_random_uuid(),
  name text,
  description text not null default '',
  secret text not null,
  key_id uuid,
  nonce bytea,
  created_at timestamptz not null default now(),
  updated_at timestamptz not null default now()
);
create unique index on @extschema@.secrets (name) where name is not null;
create view @extschema@.decrypted_secrets as
  select id, name, description, secret, secret as decrypted_secret, key_id, nonce, created_at, updated_at
  from @extschema@.secrets;

create function @extschema@.create_secret(
  new_secret text, new_name text default null, new_description text default '', new_key_id uuid default null
) returns uuid language sql security definer set search_path = '' as $$
  insert into @extschema@.secrets (secret, name, description, key_id)
  values (new_secret, new_name, new_description, new_key_id) returning id
$$;
create function @extschema@.update_secret(
  secret_id uuid, new_secret text default null, new_name text default null, new_description text default null,
  new_key_id uuid default null
) returns void language sql security definer set search_path = '' as $$
  update @extschema@.secrets set
    secret = coalesce(new_secret, secret),
    name = coalesce(new_name, name),
    description = coalesce(new_description, description),
    key_id = coalesce(new_key_id, key_id),
    updated_at = now()
  where id = secret_id
$$;

revoke all on all functions in schema @extschema@ from public;
do $$
declare role_name text;
begin
  foreach role_name in array array['postgres', 'service_role'] loop
    if to_regrole(role_name) is not null then
      execute format('grant usage on schema @extschema@ to %I', role_name);
      execute format('grant select, delete on @extschema@.secrets, @extschema@.decrypted_secrets to %I', role_name);
      execute format('grant execute on all functions in schema @extschema@ to %I', role_name);
    end if;
  end loop;
end $$;
