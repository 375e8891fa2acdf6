import type { PostgresModule } from './pglite.module.types.ts';

const FOLDER = '/pglite/share/postgresql/extension';

/**
 * Extensions that reach for the network, which Postgres in WebAssembly cannot: `CREATE EXTENSION` finds them, servers and
 * foreign tables can be made, and only reading a foreign table says that it cannot be read.
 */
const STAND_INS: Readonly<Record<string, { version: string; script: string }>> = {
  postgres_fdw: { version: '1.2', script: 'create foreign data wrapper postgres_fdw;' },
};

export function putStandIns(postgres: PostgresModule): void {
  for (const [name, { version, script }] of Object.entries(STAND_INS)) {
    postgres.FS.writeFile(
      `${FOLDER}/${name}.control`,
      `comment = 'stand-in: no data comes from elsewhere'\ndefault_version = '${version}'\nrelocatable = true\n`,
    );
    postgres.FS.writeFile(`${FOLDER}/${name}--${version}.sql`, script);
  }
}
