import { authSchema } from './auth/database/auth.schema.ts';
import type { SchemaScript } from './database/schema.script.ts';
import { realtimeSchema } from './realtime/realtime.schema.ts';
import { storageSchema } from './storage/schema/storage.schema.ts';

/** The schemas of all parts, in the order they are made; the project's own migrations come after them. */
export function schemas(): SchemaScript[] {
  return [authSchema(), storageSchema(), realtimeSchema()];
}
