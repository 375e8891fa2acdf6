import { randomBytes, timingSafeEqual } from 'node:crypto';
import { deriveArgon2 } from '../users/argon2.ts';

const ALPHABET = 'abcdefghijklmnopqrstuvwxyz234567';
/** GoTrue's cost of a hash: KiB of memory, rounds, lanes. */
const COST = { memory: 19_456, passes: 1, lanes: 1 };
const SALT_BYTES = 16;
const DIGEST_BYTES = 32;

/** So many different codes of `length` characters, 5 random bits each. */
export function createRecoveryCodes(count: number, length: number): string[] {
  const codes = new Set<string>();
  while (codes.size < count) codes.add(createCode(length));
  return [...codes];
}

function createCode(length: number): string {
  return Array.from(randomBytes(length), (byte) => ALPHABET.charAt(byte & 31)).join('');
}

/** A code as it was given out, from what somebody typed. */
export function normalizeRecoveryCode(typed: string): string {
  return typed.replace(/[\s\u0085-]/g, '').toLowerCase();
}

/** The hash of a code as a PHC string: `$argon2id$v=19$m=…,t=…,p=…$salt$digest`. */
export async function hashRecoveryCode(code: string): Promise<string> {
  const salt = randomBytes(SALT_BYTES);
  const digest = await deriveArgon2('argon2id', code, salt, COST, DIGEST_BYTES);
  const { memory, passes, lanes } = COST;
  return `$argon2id$v=19$m=${memory},t=${passes},p=${lanes}$${base64(salt)}$${base64(digest)}`;
}

const PHC = /^\$argon2id\$v=19\$m=(\d{1,6}),t=(\d{1,2}),p=(\d{1,2})\$([A-Za-z0-9+/]+)\$([A-Za-z0-9+/]{6,})$/;

/** Whether the hash is the code's. One of another form, which somebody else wrote, is nobody's. */
export async function isRecoveryCode(hash: string, code: string): Promise<boolean> {
  const match = PHC.exec(hash);
  if (match === null) return false;
  const [, memory, passes, lanes, salt = '', digest = ''] = match;
  const cost = { memory: Number(memory), passes: Number(passes), lanes: Number(lanes) };
  const expected = Buffer.from(digest, 'base64');
  try {
    const actual = await deriveArgon2('argon2id', code, Buffer.from(salt, 'base64'), cost, expected.length);
    return timingSafeEqual(actual, expected);
  } catch {
    return false;
  }
}

function base64(bytes: Uint8Array): string {
  return Buffer.from(bytes).toString('base64').replace(/=+$/, '');
}
