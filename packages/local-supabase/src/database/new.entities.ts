import { section } from '../config/config.ts';
import type { ConfigTree, Database } from '../context.ts';

const API_ROLES = 'anon, authenticated, service_role';

/**
 * With `[api] auto_expose_new_tables = false` what is created in `public` from now on is closed to the roles of the Data API until
 * it is granted to them, as in hosted projects: the rights that Supabase takes from its owner's defaults there.
 */
export async function hideNewEntities(database: Database, config: ConfigTree): Promise<void> {
  if (section(config, 'api').auto_expose_new_tables !== false) return;
  await database.pool.query(`do $$
    declare creator text;
    begin
      foreach creator in array array[current_user, 'postgres'] loop
        if exists (select from pg_roles where rolname = creator) then
          execute format('alter default privileges for role %I in schema public
            revoke select, insert, update, delete on tables from ${API_ROLES}', creator);
          execute format('alter default privileges for role %I in schema public
            revoke usage, select on sequences from ${API_ROLES}', creator);
          execute format('alter default privileges for role %I in schema public
            revoke execute on functions from ${API_ROLES}', creator);
        end if;
      end loop;
    end $$`);
}
