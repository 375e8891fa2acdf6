import { jwtVerify, SignJWT, type JWTPayload } from 'jose';
import { STORAGE_ERRORS } from '../errors/storage.errors.ts';

/** What a signed URL allows: reading one object, or writing one object. Neither opens the other's door. */
export type SignedUrlScope = 'download' | 'upload';

export interface SignedUrlClaims extends JWTPayload {
  readonly scope: SignedUrlScope;
  /** `<bucket>/<name>`, not encoded. */
  readonly url: string;
  /** Of a download: `width:100,height:100,resize:cover`. */
  readonly transformations?: string;
  /** Of a download: the image format asked for. */
  readonly format?: string;
  /** Of an upload: who asked for the URL, and whether it may replace an object. */
  readonly owner?: string;
  readonly upsert?: boolean;
}

/** About the year 2243: beyond it dates no longer fit the header. */
const LATEST = 8_640_000_000;

/** Tokens of signed URLs: HS256 by the project's secret, without a role, so that they say nothing anywhere else. */
export class SignedUrlTokens {
  readonly #secret: Uint8Array;

  constructor(jwtSecret: string) {
    this.#secret = new TextEncoder().encode(jwtSecret);
  }

  /**
   * @param expiresIn - in seconds
   * @throws StorageError InvalidParameter for a time that no calendar holds
   */
  sign(claims: SignedUrlClaims, expiresIn: number): Promise<string> {
    const expiry = Math.floor(Date.now() / 1000) + Math.floor(expiresIn);
    if (!Number.isSafeInteger(expiry) || expiry > LATEST) throw STORAGE_ERRORS.invalidParameter('expiresIn');
    return new SignJWT({ ...claims })
      .setProtectedHeader({ alg: 'HS256', typ: 'JWT' })
      .setIssuedAt()
      .setExpirationTime(expiry)
      .sign(this.#secret);
  }

  /**
   * The claims of a token for this door and this object.
   * @throws StorageError InvalidJWT (forged, expired, malformed), InvalidSignature (for another object or another use)
   */
  async verify(
    token: string,
    scope: SignedUrlScope,
    path: string,
  ): Promise<SignedUrlClaims & { exp: number }> {
    const { payload } = await jwtVerify<SignedUrlClaims>(token, this.#secret, {
      algorithms: ['HS256'],
    }).catch((error: unknown) => {
      throw STORAGE_ERRORS.invalidToken(error instanceof Error ? error.message : 'Invalid JWT', error);
    });
    if (payload.scope !== scope || !sameObject(payload.url, path)) throw STORAGE_ERRORS.invalidSignature();
    return { ...payload, exp: payload.exp ?? 0 };
  }
}

/** Clients encode the signed path once more, so a name with a question mark arrives encoded twice. */
function sameObject(signed: string, asked: string): boolean {
  return signed === asked || signed === asked.replaceAll('%3F', '?');
}
