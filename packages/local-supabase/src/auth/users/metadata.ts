import type { JsonObject } from './user.types.ts';

/** Merges as GoTrue does: the first level only, and a null removes the key. */
export function mergeMetadata(current: JsonObject | null, changes: JsonObject): JsonObject {
  const merged = { ...current, ...changes };
  return Object.fromEntries(Object.entries(merged).filter(([, value]) => value !== null));
}
