import { isIP } from 'node:net';

/** What the proxy library knows by name. */
const KNOWN_RANGES = ['loopback', 'linklocal', 'uniquelocal'];

/** An address, a range in CIDR notation, or a range with a name. */
export function isProxy(value: unknown): boolean {
  if (typeof value !== 'string') return false;
  if (KNOWN_RANGES.includes(value)) return true;
  const [address = '', bits, ...rest] = value.split('/');
  const family = isIP(address);
  if (family === 0 || rest.length > 0) return false;
  return bits === undefined || (/^\d{1,3}$/.test(bits) && Number(bits) <= (family === 4 ? 32 : 128));
}

/** An origin just as browsers send it, or `*`. */
export function isOrigin(value: unknown): boolean {
  if (value === '*') return true;
  if (typeof value !== 'string' || !URL.canParse(value)) return false;
  // Of schemes it does not know (those of apps and extensions), the parser tells no origin.
  return /^https?:/i.test(value)
    ? new URL(value).origin === value
    : /^[a-z][a-z0-9+.-]*:\/\/[^/\s]+$/.test(value);
}
