import { hkdfSync } from 'node:crypto';

/** What keys are derived for. One secret, a key of its own for each use. */
export type KeyPurpose = 'refresh tokens' | 'stored sessions';

/** 32 bytes for one purpose, from `API_SECRET_KEY` by HKDF-SHA256. */
export function deriveKey(secret: string, purpose: KeyPurpose): Buffer {
  return Buffer.from(hkdfSync('sha256', secret, '', `supanest ${purpose}`, 32));
}
