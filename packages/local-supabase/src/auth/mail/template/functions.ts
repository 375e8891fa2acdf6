/** Go's words for a value: `[a b]` of lists, `map[a:1]` of objects, nothing of what is absent. */
export function print(value: unknown): string {
  if (value === undefined || value === null) return '';
  if (typeof value === 'string') return value;
  if (typeof value === 'number') return printNumber(value);
  if (Array.isArray(value)) return `[${value.map(printInner).join(' ')}]`;
  if (typeof value === 'object') {
    const entries = Object.entries(value).sort(([a], [b]) => (a < b ? -1 : 1));
    return `map[${entries.map(([key, item]) => `${key}:${printInner(item)}`).join(' ')}]`;
  }
  return value === true ? 'true' : 'false';
}

const printInner = (value: unknown): string => (value === null ? '<nil>' : print(value));

/** Go writes exponents from the seventh digit on, and of what is smaller than 0.0001. */
function printNumber(value: number): string {
  const size = Math.abs(value);
  if (size === 0 || (size >= 1e-4 && size < 1e6)) return String(value);
  return value.toExponential().replace(/e([+-])(\d)$/, 'e$10$2');
}

/** Whether `if` takes a value for true: not what is zero, empty or absent. */
export function isTrue(value: unknown): boolean {
  if (typeof value === 'object' && value !== null) return Object.keys(value).length > 0;
  return Boolean(value);
}

const compare = (a: unknown, b: unknown): number => ((a as number) < (b as number) ? -1 : a === b ? 0 : 1);

function length(value: unknown): number {
  if (typeof value === 'string') return Buffer.byteLength(value);
  return typeof value === 'object' && value !== null ? Object.keys(value).length : 0;
}

/** One more step into a value; nothing where it has no such part. */
export function part(value: unknown, key: unknown): unknown {
  if (typeof value !== 'object' || value === null || !Object.hasOwn(value, String(key))) return undefined;
  return (value as Record<string, unknown>)[String(key)];
}

function slice(value: unknown, from?: unknown, to?: unknown): unknown {
  const [start, end] = [from as number | undefined, to as number | undefined];
  if (Array.isArray(value)) return value.slice(start, end);
  return typeof value === 'string' ? Buffer.from(value).subarray(start, end).toString() : undefined;
}

function format(pattern: unknown, ...values: unknown[]): string {
  return print(pattern).replace(
    /%(?:\.(\d+))?([svdtqfx%])/g,
    (_, digits: string | undefined, verb: string) => {
      if (verb === '%') return '%';
      const value = values.shift();
      if (verb === 'q') return JSON.stringify(print(value));
      if (verb === 'd') return String(Math.trunc(Number(value)));
      if (verb === 'f') return Number(value).toFixed(Number(digits ?? 6));
      if (verb === 'x')
        return typeof value === 'number' ? value.toString(16) : Buffer.from(print(value)).toString('hex');
      return print(value);
    },
  );
}

/** Go's own functions for templates. What they cannot take is as nothing, where Go would send no mail. */
export const FUNCTIONS: ReadonlyMap<string, (...values: unknown[]) => unknown> = new Map(
  Object.entries<(...values: unknown[]) => unknown>({
    and: (...values) => (values.every(isTrue) ? values.at(-1) : values.find((value) => !isTrue(value))),
    or: (...values) => values.find(isTrue) ?? values.at(-1),
    not: (value) => !isTrue(value),
    eq: (first, ...others) => others.some((other) => (first ?? null) === (other ?? null)),
    ne: (a, b) => (a ?? null) !== (b ?? null),
    lt: (a, b) => compare(a, b) < 0,
    le: (a, b) => compare(a, b) <= 0,
    gt: (a, b) => compare(a, b) > 0,
    ge: (a, b) => compare(a, b) >= 0,
    len: length,
    index: (value, ...keys) => keys.reduce(part, value),
    slice,
    print: (...values) => values.map(print).join(''),
    println: (...values) => `${values.map(print).join(' ')}\n`,
    printf: format,
    html: (...values) => values.map(print).join(''),
    urlquery: (...values) => new URLSearchParams([['', values.map(print).join('')]]).toString().slice(1),
  }),
);
