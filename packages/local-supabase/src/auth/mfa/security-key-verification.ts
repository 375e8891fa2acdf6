import { AuthError } from '../errors/auth-error.ts';
import { verifyNewPasskey, verifyUsedPasskey } from '../passkeys/passkey-verification.ts';
import type { JsonObject } from '../users/user.types.ts';
import type { KeyCeremony, KeyCredential } from './security-keys.repository.ts';

/** A key as its user has it, and the factor it is of. */
interface KnownKey {
  readonly factor_id: string;
  readonly credential: KeyCredential;
}

/** A key that signed, with its count; `factorId` is undefined for one that is new. */
interface SignedKey {
  readonly factorId: string | undefined;
  readonly credential: KeyCredential;
}

/** The key that signed the challenge: one of `keys`, or a new one where that was asked for. Refuses everything else alike. */
export async function checkKeyAnswer(
  ceremony: KeyCeremony & { id: string },
  keys: readonly KnownKey[],
  userId: string,
  credential: JsonObject,
): Promise<SignedKey> {
  const { challenge, type } = ceremony;
  const answered = { answer: { challengeId: ceremony.id, credential }, challenge };
  try {
    if (type === 'create') {
      const made = await verifyNewPasskey(ceremony, answered, userId);
      return { factorId: undefined, credential: newCredential(made) };
    }
    const key = keys.find((known) => keyId(known.credential) === credential.id);
    if (key === undefined) throw notSigned();
    const { id, publicKey, authenticator } = key.credential;
    const signCount = await verifyUsedPasskey(ceremony, answered, {
      credential_id: Buffer.from(id, 'base64'),
      public_key: Buffer.from(publicKey, 'base64'),
      sign_count: String(authenticator.signCount),
    });
    const used = { ...key.credential, authenticator: { ...authenticator, signCount } };
    return { factorId: key.factor_id, credential: used };
  } catch (cause) {
    throw Object.assign(notSigned(), { cause });
  }
}

/** A key's id as browsers write it (base64url). */
export function keyId({ id }: KeyCredential): string {
  return Buffer.from(id, 'base64').toString('base64url');
}

type NewKey = Awaited<ReturnType<typeof verifyNewPasskey>>;

function newCredential(key: NewKey): KeyCredential {
  return {
    id: Buffer.from(key.credentialId).toString('base64'),
    publicKey: Buffer.from(key.publicKey).toString('base64'),
    attestationType: 'none',
    transport: key.transports,
    flags: { backupEligible: key.backupEligible, backupState: key.backedUp },
    authenticator: { AAGUID: key.aaguid, signCount: key.signCount },
  };
}

function notSigned(): AuthError {
  return new AuthError(422, 'mfa_verification_failed', 'Failed to validate WebAuthn MFA response');
}
