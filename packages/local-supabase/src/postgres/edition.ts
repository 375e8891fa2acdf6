import type { Extensions, PGlite } from '@electric-sql/pglite';
import type { PostgresModule } from './pglite.module.types.ts';

/** Which build of PGlite: the newest, or the one that PostGIS is built for. */
export type Edition = 'plain' | 'postgis';

/** A build, and what is particular about it. */
export interface Build {
  readonly PGlite: typeof PGlite;
  readonly extensions: Extensions;
  /** True where the main loop was left by an SQL error, not by a crash. */
  readonly jumped: (postgres: PostgresModule, error: unknown) => boolean;
  /** It says too early that it is ready, see `EarlyReady`. */
  readonly readyEarly: boolean;
}

/** `siglongjmp` into Postgres' main loop. */
const MAIN_LONGJMP = 100;
/** Where the older build keeps the status; taken, it is reset to this. */
const NO_STATUS = -2;

interface WithPostgis {
  readonly PGlite: typeof PGlite;
  readonly postgis: Extensions[string];
  readonly vector: Extensions[string];
  readonly contrib: (name: string) => Promise<Extensions[string]>;
}

export async function loadBuild(edition: Edition): Promise<Build> {
  const { contrib } = await import('./extensions.ts');
  if (edition === 'plain') {
    const [{ PGlite: Newest }, { vector }] = await Promise.all([
      import('@electric-sql/pglite'),
      import('@electric-sql/pglite-pgvector'),
    ]);
    return {
      PGlite: Newest,
      extensions: { ...contrib, vector },
      jumped: (_postgres, error) => (error as { status?: unknown }).status === MAIN_LONGJMP,
      readyEarly: false,
    };
  }
  const older = (await import(WITH_POSTGIS)) as WithPostgis;
  const names = Object.keys(contrib);
  const own = await Promise.all(names.map(async (name) => [name, await older.contrib(name)] as const));
  return {
    PGlite: older.PGlite,
    extensions: { ...Object.fromEntries(own), postgis: older.postgis, vector: older.vector },
    jumped: (postgres) => postgres._pgl_setPGliteExitStatus(NO_STATUS) === MAIN_LONGJMP,
    readyEarly: true,
  };
}

/** Its types are those of another release of PGlite. */
const WITH_POSTGIS = ['@supanest', 'postgres-with-postgis'].join('/');
