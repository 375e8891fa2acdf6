import { randomInt } from 'node:crypto';
import { hash, verify } from '@node-rs/bcrypt';
import type { AuthConfig } from '../config/auth-config.ts';
import { AuthError } from '../errors/auth-error.ts';
import { refuse } from '../errors/catalogue.ts';
import { readForeignHash } from './foreign-hash.ts';

/** bcrypt reads no further. */
const MAX_BYTES = 72;
const LETTERS = 'abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789!@#$%&*';

/** The bcrypt hash that is stored. Takes tens of milliseconds: never call it in a transaction. */
export async function hashPassword(password: string, rules: AuthConfig['password']): Promise<string> {
  return password === '' ? '' : hash(password, { cost: rules.hashCost, version: '2a' });
}

/** True when `stored` is the hash of `password`; false for a user without a password. */
export async function verifyPassword(password: string, stored: string | null): Promise<boolean> {
  if (stored === null || stored === '') return false;
  try {
    const foreign = readForeignHash(stored);
    if (foreign !== undefined) return await foreign.matches(password);
    return Buffer.byteLength(password) <= MAX_BYTES && (await verify(password, stored));
  } catch {
    return false;
  }
}

/** Refuses a password the project calls weak, with the reasons, and one that bcrypt would cut. */
export function checkStrength(password: string, rules: AuthConfig['password']): void {
  checkLength(password);
  const messages: string[] = [];
  const reasons: string[] = [];
  if (Buffer.byteLength(password) < rules.minimumLength) {
    reasons.push('length');
    messages.push(`Password should be at least ${rules.minimumLength} characters.`);
  }
  if (
    !rules.requiredCharacters.every((set) =>
      Array.from(password).some((character) => set.includes(character)),
    )
  ) {
    reasons.push('characters');
    const sets = rules.requiredCharacters.join(', ');
    messages.push(`Password should contain at least one character of each: ${sets}.`);
  }
  if (reasons.length > 0) throw refuse.weakPassword(messages.join(' '), reasons);
}

/** Why a password that was accepted once is weak by today's rules, or undefined. */
export function weakness(
  password: string,
  rules: AuthConfig['password'],
): { message: string; reasons: readonly string[] } | undefined {
  try {
    checkStrength(password, rules);
    return undefined;
  } catch (error) {
    if (error instanceof AuthError && error.reasons !== undefined) {
      return { message: error.message, reasons: error.reasons };
    }
    return undefined;
  }
}

/** Refuses what bcrypt would cut. */
export function checkLength(password: string): void {
  if (Buffer.byteLength(password) > MAX_BYTES) {
    throw refuse.validation(`Password cannot be longer than ${MAX_BYTES} characters`);
  }
}

/** A password nobody knows, for users who are made without one. */
export function randomPassword(): string {
  return Array.from({ length: 64 }, () => LETTERS.charAt(randomInt(LETTERS.length))).join('');
}

/** True for a hash that an administrator may bring along: bcrypt's, Argon2's or Firebase's. */
export function isKnownHash(text: string): boolean {
  return readForeignHash(text) !== undefined || /^\$2[abxy]\$\d{2}\$[./A-Za-z0-9]{53}$/.test(text);
}
