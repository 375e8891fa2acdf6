/**
 * PostGIS for PGlite is built for one release of PGlite, which is not the newest. A package of its own has that release
 * to itself; the local Supabase starts it for projects that ask for PostGIS.
 */
export { PGlite } from '@electric-sql/pglite';
export { vector } from '@electric-sql/pglite-pgvector';
export { postgis } from '@electric-sql/pglite-postgis';

/** An extension of this release, by name. @param {string} name */
export async function contrib(name) {
  const module = await import(`@electric-sql/pglite/contrib/${name}`);
  return module[name];
}
