import { Secret, TOTP } from 'otpauth';
import { renderSVG } from 'uqr';
import { refuse } from '../errors/catalogue.ts';

/** A fresh TOTP secret in the forms an authenticator app takes. */
export interface TotpKey {
  /** Base32, 160 bits. */
  secret: string;
  /** `otpauth://totp/…` */
  uri: string;
  /** The address as a QR code, an SVG document. */
  qrCode: string;
}

/** Characters of an address that a QR code still takes. */
const LONGEST_URI = 1000;

/**
 * Makes a key for `account`; SHA-1, six digits and 30 seconds, as every app understands them.
 * @throws AuthError for names that no address, or no QR code, can hold
 */
export function createTotpKey(issuer: string, account: string): TotpKey {
  const secret = new Secret({ size: 20 });
  if (!issuer.isWellFormed()) throw refuse.validation('issuer has characters that cannot be stored');
  const uri = new TOTP({ issuer, label: account, secret }).toString();
  if (uri.length > LONGEST_URI) throw refuse.validation('issuer is too long');
  return { secret: secret.base32, uri, qrCode: renderSVG(uri, { ecc: 'H' }) };
}

/** True when `code` is the one of now, or of half a minute before or after. */
export function isTotpCode(secret: string, code: string): boolean {
  const totp = new TOTP({ secret: Secret.fromBase32(secret) });
  return /^\d{6}$/.test(code) && totp.validate({ token: code, window: 1 }) !== null;
}
