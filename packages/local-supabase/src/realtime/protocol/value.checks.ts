/** A JSON object, and not an array or null. */
export function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

/** A text; throws on anything else. */
export function textOf(value: unknown): string {
  if (typeof value !== 'string') throw new TypeError('a frame has a topic and an event');
  return value;
}

/** A message's reference: a text or nothing; some clients count in numbers. */
export function refOf(value: unknown): string | null {
  if (typeof value === 'number') return String(value);
  return typeof value === 'string' ? value : null;
}

/** Realtime reads "true" and "false" for booleans, in any case. */
export function flagOf(value: unknown, otherwise: boolean): boolean {
  if (typeof value === 'boolean') return value;
  if (typeof value !== 'string') return otherwise;
  return { true: true, false: false }[value.toLowerCase()] ?? otherwise;
}
