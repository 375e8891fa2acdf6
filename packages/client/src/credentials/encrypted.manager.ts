import type { CredentialsManager } from './credentials.types.ts';

/** What is stored does not open: it was sealed with another key or for another id, or somebody has changed it. */
export class SealedCredentialsError extends Error {
  override name = 'SealedCredentialsError';

  constructor(id: string, cause: unknown) {
    super(
      `The credentials of ${id} do not open with this key. Use the key they were set with, or delete them.`,
      {
        cause,
      },
    );
  }
}

const NONCE_BYTES = 12;
const PREFIX = 'sealed:';

/**
 * The same manager, with every token encrypted before it gets there (AES-256-GCM, in Node and in browsers): whoever reads
 * the file, the table or a backup has nothing. A token opens under its own id only.
 * @param key - 32 bytes, or their base64: `openssl rand -base64 32`
 * @throws RangeError when it is anything else
 */
export function encrypted(manager: CredentialsManager, key: Uint8Array | string): CredentialsManager {
  const imported = importKey(key);
  const seal = async (id: string, part: string, text: string): Promise<string> => {
    const nonce = crypto.getRandomValues(new Uint8Array(NONCE_BYTES));
    const bytes = await crypto.subtle.encrypt(algorithm(nonce, id, part), await imported, encode(text));
    return PREFIX + toBase64(new Uint8Array([...nonce, ...new Uint8Array(bytes)]));
  };
  const open = async (id: string, part: string, sealed: string): Promise<string> => {
    try {
      if (!sealed.startsWith(PREFIX)) throw new Error('They are not encrypted');
      const bytes = fromBase64(sealed.slice(PREFIX.length));
      const nonce = bytes.slice(0, NONCE_BYTES);
      const text = bytes.slice(NONCE_BYTES);
      return new TextDecoder().decode(
        await crypto.subtle.decrypt(algorithm(nonce, id, part), await imported, text),
      );
    } catch (cause) {
      throw new SealedCredentialsError(id, cause);
    }
  };
  return {
    get: async (id) => {
      const found = await manager.get(id);
      if (!found) return null;
      return {
        accessToken: await open(id, 'access', found.accessToken),
        refreshToken: await open(id, 'refresh', found.refreshToken),
      };
    },
    set: async (id, data) =>
      manager.set(id, {
        accessToken: await seal(id, 'access', data.accessToken),
        refreshToken: await seal(id, 'refresh', data.refreshToken),
      }),
    update: async (id, accessToken) => manager.update(id, await seal(id, 'access', accessToken)),
    delete: (id) => manager.delete(id),
    ...(manager.lock && { lock: (id, work) => manager.lock?.(id, work) ?? work() }),
  };
}

function importKey(key: Uint8Array | string): Promise<CryptoKey> {
  const bytes = typeof key === 'string' ? fromBase64(key) : new Uint8Array(key);
  if (bytes.length !== 32) throw new RangeError('The key must be 32 bytes, or their base64');
  return crypto.subtle.importKey('raw', bytes, 'AES-GCM', false, ['encrypt', 'decrypt']);
}

const algorithm = (iv: Uint8Array<ArrayBuffer>, id: string, part: string): AesGcmParams => ({
  name: 'AES-GCM',
  iv,
  // Neither another id's token opens, nor a refresh token in the place of an access token.
  additionalData: encode(JSON.stringify([id, part])),
});

const encode = (text: string): Uint8Array<ArrayBuffer> => new TextEncoder().encode(text);

const toBase64 = (bytes: Uint8Array): string =>
  btoa(Array.from(bytes, (byte) => String.fromCharCode(byte)).join(''));

function fromBase64(text: string): Uint8Array<ArrayBuffer> {
  try {
    return Uint8Array.from(atob(text), (char) => char.charCodeAt(0));
  } catch {
    return new Uint8Array(0);
  }
}
