import { createCipheriv, createDecipheriv, randomBytes } from 'node:crypto';
import type { Credentials } from './credentials.types.js';

/** Credentials as they lie in the database: of no use to whoever reads a backup. */
export interface SealedCredentials {
  /** Nonce, AES-256-GCM ciphertext and tag, in base64. */
  sealed: string;
}

const NONCE_BYTES = 12;
const TAG_BYTES = 16;

/** Encrypts credentials for one id; under another id they do not open. */
export function seal(key: Buffer, id: string, { accessToken, refreshToken }: Credentials): SealedCredentials {
  const nonce = randomBytes(NONCE_BYTES);
  const cipher = createCipheriv('aes-256-gcm', key, nonce).setAAD(Buffer.from(id));
  const text = Buffer.from(JSON.stringify({ accessToken, refreshToken }));
  const sealed = Buffer.concat([nonce, cipher.update(text), cipher.final(), cipher.getAuthTag()]);
  return { sealed: sealed.toString('base64') };
}

/** Opens them; null when they were sealed with another key (`API_SECRET_KEY` has changed) or tampered with. */
export function open(key: Buffer, id: string, { sealed }: SealedCredentials): Credentials | null {
  const bytes = Buffer.from(sealed, 'base64');
  try {
    const decipher = createDecipheriv('aes-256-gcm', key, bytes.subarray(0, NONCE_BYTES))
      .setAAD(Buffer.from(id))
      .setAuthTag(bytes.subarray(-TAG_BYTES));
    const text = Buffer.concat([decipher.update(bytes.subarray(NONCE_BYTES, -TAG_BYTES)), decipher.final()]);
    return JSON.parse(text.toString('utf8')) as Credentials;
  } catch {
    return null;
  }
}
