import { createCipheriv, scrypt, timingSafeEqual } from 'node:crypto';
import { deriveArgon2, type Argon2Algorithm } from './argon2.ts';

/** A hash that another service made, and how to find out whether it is a password's. */
export interface ForeignHash {
  matches: (password: string) => Promise<boolean>;
}

const BASE64 = '[A-Za-z0-9+/]+';
const ARGON2 = new RegExp(
  `^\\$(argon2id?)\\$v=19\\$m=(\\d{1,7}),t=(\\d{1,2}),p=(\\d{1,2})\\$(${BASE64})\\$(${BASE64})$`,
);
/** Bounds of GoTrue's: KiB of memory, rounds, lanes. */
const ARGON2_MOST = { memory: 1024 * 1024, passes: 20, lanes: 16 };

const FIREBASE = new RegExp(
  `^\\$fbscrypt\\$v=1,n=(\\d{1,2}),r=(\\d{1,3}),p=(\\d{1,3})(?:,ss=(${BASE64}={0,2}))?(?:,sk=(${BASE64}={0,2}))?` +
    `\\$(${BASE64}={0,2})\\$(${BASE64}={0,2})$`,
);
/** Bytes that one check may take; Firebase's own parameters take 16 MiB. */
const FIREBASE_MEMORY = 512 * 1024 * 1024;

/** The hashes besides bcrypt's that administrators may bring along: Argon2 (PHC) and Firebase's scrypt, as GoTrue writes it. */
export function readForeignHash(text: string): ForeignHash | undefined {
  return readArgon2(text) ?? readFirebase(text);
}

function readArgon2(text: string): ForeignHash | undefined {
  const [, algorithm, memory, passes, lanes, salt = '', digest = ''] = ARGON2.exec(text) ?? [];
  if (algorithm === undefined) return undefined;
  const cost = { memory: Number(memory), passes: Number(passes), lanes: Number(lanes) };
  if (
    cost.memory > ARGON2_MOST.memory ||
    cost.passes > ARGON2_MOST.passes ||
    cost.lanes > ARGON2_MOST.lanes
  ) {
    return undefined;
  }
  const expected = Buffer.from(digest, 'base64');
  return {
    matches: async (password) => {
      const nonce = Buffer.from(salt, 'base64');
      const actual = await deriveArgon2(algorithm as Argon2Algorithm, password, nonce, cost, expected.length);
      return timingSafeEqual(actual, expected);
    },
  };
}

/** scrypt makes a key, which encrypts the project's signer key: https://github.com/firebase/scrypt */
function readFirebase(text: string): ForeignHash | undefined {
  const [, n, r, p, separator = '', signer = '', salt = '', digest = ''] = FIREBASE.exec(text) ?? [];
  if (n === undefined) return undefined;
  const cost = { N: 2 ** Number(n), r: Number(r), p: Number(p), maxmem: FIREBASE_MEMORY };
  const salted = Buffer.concat([Buffer.from(salt, 'base64'), Buffer.from(separator, 'base64')]);
  const expected = Buffer.from(digest, 'base64');
  return {
    matches: async (password) => {
      const key = await scryptKey(password, salted, cost);
      const actual = createCipheriv('aes-256-ctr', key, Buffer.alloc(16)).update(
        Buffer.from(signer, 'base64'),
      );
      return actual.length === expected.length && timingSafeEqual(actual, expected);
    },
  };
}

function scryptKey(password: string, salt: Buffer, cost: Parameters<typeof scrypt>[3]): Promise<Buffer> {
  return new Promise((resolve, reject) => {
    scrypt(password, salt, 32, cost, (error, key) => {
      if (error) reject(error);
      else resolve(key);
    });
  });
}
