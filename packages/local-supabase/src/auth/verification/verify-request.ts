import { refuse } from '../errors/catalogue.ts';
import { hashCode } from '../tokens/one-time-code.ts';
import { readEmail } from '../users/email-address.ts';

/** What a one-time token proves. `email` stands for whichever of signup and magiclink it is. */
export type VerificationType = 'signup' | 'invite' | 'recovery' | 'magiclink' | 'email' | 'email_change';

const TYPES = new Set<string>(['signup', 'invite', 'recovery', 'magiclink', 'email', 'email_change']);

/** A token to verify: by its hash alone, or by address and code. */
export interface VerifyRequest {
  type: VerificationType;
  hash: string;
  /** Set when the client sent the code and the address it came to. */
  email: string | undefined;
}

/** Reads the body of POST /verify. */
export function readVerifyRequest(body: {
  type: string;
  token: string;
  tokenHash: string;
  email: string;
  phone: string;
  redirectTo: string;
}): VerifyRequest {
  if (body.type === '') throw refuse.validation('Verify requires a verification type');
  if ((body.token === '') === (body.tokenHash === '')) {
    throw refuse.validation('Verify requires either a token or a token hash');
  }
  if (body.tokenHash !== '') {
    if (body.email !== '' || body.phone !== '' || body.redirectTo !== '') {
      throw refuse.validation('Only the token_hash and type should be provided');
    }
    return { type: readType(body.type), hash: body.tokenHash, email: undefined };
  }
  if (body.email === '' || body.phone !== '') {
    throw refuse.validation('Only an email address or phone number should be provided on verify');
  }
  const email = readAddress(body.email);
  // Whatever else it is, nobody has a code of such a type.
  if (!isType(body.type)) throw refuse.otpExpired();
  return { type: body.type, hash: hashCode(email, body.token), email };
}

function readAddress(text: string): string {
  try {
    return readEmail(text);
  } catch {
    throw refuse.unprocessable('Invalid email format');
  }
}

/** Reads the query of GET /verify, where the token of the link is a hash. */
export function readVerifyLink(query: { type: string; token: string }): VerifyRequest {
  if (query.type === '') throw refuse.validation('Verify requires a verification type');
  if (query.token === '') throw refuse.validation('Verify requires a token or a token hash');
  return { type: readType(query.type), hash: query.token, email: undefined };
}

const isType = (type: string): type is VerificationType => TYPES.has(type);

function readType(type: string): VerificationType {
  if (isType(type)) return type;
  throw refuse.validation('Invalid email verification type');
}
