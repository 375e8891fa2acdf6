/** The two ways in which each resource is served: `/api/…` and `/api/v1/…`. */
export type Representation = 'plain' | 'enveloped';

/** A value that differs between the representations. */
export type Represented<T> = Readonly<Record<Representation, T>>;

const ENVELOPED_PREFIX = '/api/v1';

/** The representation a URL asks for. */
export function representationOf(url: string): Representation {
  if (!url.startsWith(ENVELOPED_PREFIX)) return 'plain';
  const next = url.charCodeAt(ENVELOPED_PREFIX.length);
  // End of the string, `/` or `?`: `/api/v10` is not version 1.
  return Number.isNaN(next) || next === 0x2f || next === 0x3f ? 'enveloped' : 'plain';
}

/** Picks the value for a representation from one that may or may not differ. */
export function represent<T extends string | number>(
  value: T | Represented<T>,
  representation: Representation,
): T {
  return typeof value === 'object' ? value[representation] : value;
}
