import type { Pool } from 'pg';
import type { ConfigTree } from '../context.ts';
import { restConfig } from './rest.config.ts';
import type { Picture } from './rest.types.ts';
import { readRoleSettings, readSchema } from './schema/schema.cache.ts';

/** Keeps the picture of the database until it is told that the database has changed. */
export class PictureBook {
  private readonly pool: Pool;
  private readonly config: ConfigTree;
  private current: Promise<Picture> | undefined;

  constructor(pool: Pool, config: ConfigTree) {
    this.pool = pool;
    this.config = config;
  }

  picture(): Promise<Picture> {
    const reading = (this.current ??= this.read());
    // A picture that failed is taken again the next time.
    reading.catch(() => {
      if (this.current === reading) this.current = undefined;
    });
    return reading;
  }

  forget(): void {
    this.current = undefined;
  }

  private async read(): Promise<Picture> {
    const roles = await readRoleSettings(this.pool);
    const config = restConfig(this.config, roles);
    return { config, roles, schema: await readSchema(this.pool, config.schemas) };
  }
}
