import { Secret, TOTP } from 'otpauth';
import { renderSVG } from 'uqr';

/** A fresh TOTP secret in the forms an authenticator app takes. */
export interface TotpKey {
  /** Base32, 160 bits. */
  secret: string;
  /** `otpauth://totp/…` */
  uri: string;
  /** The address as a QR code, an SVG document. */
  qrCode: string;
}

/** Makes a key for `account`; SHA-1, six digits and 30 seconds, as every app understands them. */
export function createTotpKey(issuer: string, account: string): TotpKey {
  const secret = new Secret({ size: 20 });
  const uri = new TOTP({ issuer, label: account, secret }).toString();
  return { secret: secret.base32, uri, qrCode: renderSVG(uri, { ecc: 'H' }) };
}

/** True when `code` is the one of now, or of half a minute before or after. */
export function isTotpCode(secret: string, code: string): boolean {
  const totp = new TOTP({ secret: Secret.fromBase32(secret) });
  return /^\d{6}$/.test(code) && totp.validate({ token: code, window: 1 }) !== null;
}
