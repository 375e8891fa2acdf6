import type { JsonObject } from '../users/user.types.ts';

/** Which attributes of an assertion become which claims; GoTrue's shape. */
export interface AttributeMapping {
  keys?: Record<string, MappedAttribute>;
}

interface MappedAttribute {
  name?: string;
  names?: string[];
  default?: unknown;
  /** All values as a list, not only the first one. */
  array?: boolean;
}

/** The claims by the mapping; `read` answers the values of an attribute. */
export function mapAttributes(
  mapping: AttributeMapping | null,
  read: (name: string) => readonly string[],
): JsonObject {
  const claims: JsonObject = {};
  for (const [claim, attribute] of Object.entries(mapping?.keys ?? {})) {
    const names = [attribute.name ?? '', ...(attribute.names ?? [])];
    const values = names.map((name) => read(name).filter((value) => value !== ''));
    const found = values.find((candidates) => candidates.length > 0);
    const value = attribute.array ? found : found?.[0];
    if (value !== undefined) claims[claim] = value;
    else if (attribute.default !== undefined && attribute.default !== null) claims[claim] = attribute.default;
  }
  return claims;
}

/** True for a value of the right shape. */
export function isAttributeMapping(value: JsonObject): value is JsonObject & AttributeMapping {
  const { keys } = value;
  if (keys === undefined || keys === null) return true;
  if (typeof keys !== 'object' || Array.isArray(keys)) return false;
  return Object.values(keys as JsonObject).every((entry) => {
    if (typeof entry !== 'object' || entry === null) return false;
    const { name, names, array } = entry as JsonObject;
    return (
      (name === undefined || typeof name === 'string') &&
      (array === undefined || typeof array === 'boolean') &&
      (names === undefined || (Array.isArray(names) && names.every((item) => typeof item === 'string')))
    );
  });
}
