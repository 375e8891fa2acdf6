import { section } from '../config/config.ts';
import type { ConfigTree, Database } from '../context.ts';

const KEEP_SQL = `select case when id is null then vault.create_secret($2, $1)
  else (select id from vault.update_secret(id, $2)) end
  from (values ($1::text)) as wanted (name) left join vault.secrets using (name)`;

/** `[db.vault]` of config.toml: made or renewed on every start, before the migrations that may read them. */
export async function keepVaultSecrets({ pool }: Database, config: ConfigTree): Promise<void> {
  for (const [name, secret] of Object.entries(section(config, 'db', 'vault'))) {
    // `env(NAME)` of a variable that is not set is no secret.
    if (typeof secret === 'string' && !/^env\(\w+\)$/.test(secret))
      await pool.query(KEEP_SQL, [name, secret]);
  }
}
