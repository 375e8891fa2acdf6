import type { ConfigTree, ConfigValue } from '../context.ts';

/** The second tree laid over the first: tables are merged, everything else is replaced. */
export function merge(base: ConfigTree, over: ConfigTree): ConfigTree {
  const result: Record<string, ConfigValue> = { ...base };
  for (const [key, value] of Object.entries(over)) {
    const below = result[key];
    result[key] = isTable(below) && isTable(value) ? merge(below, value) : (value ?? below);
  }
  return result;
}

function isTable(value: ConfigValue): value is ConfigTree {
  return typeof value === 'object' && !Array.isArray(value) && !(value instanceof Date);
}
