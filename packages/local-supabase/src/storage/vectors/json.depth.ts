/** Deeper than anybody's metadata, and shallow enough for every recursive reader. */
const MOST = 100;

/** Whether a JSON value nests deeper than what is read here. */
export function isTooDeep(value: unknown, left = MOST): boolean {
  if (typeof value !== 'object' || value === null) return false;
  return left === 0 || Object.values(value).some((inner) => isTooDeep(inner, left - 1));
}
