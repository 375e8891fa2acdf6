import { authenticatorName } from './authenticator-name.ts';
import { notVerified, readCredential, type PasskeyAnswer } from './passkey-answer.ts';
import type { NewPasskey, PasskeyRow } from './passkeys.repository.ts';

/** Where keys are used. */
interface Place {
  readonly rpId: string;
  readonly rpOrigins: readonly string[];
}

/** An answer, and the challenge it must have signed. */
export interface AnsweredChallenge {
  readonly answer: PasskeyAnswer;
  readonly challenge: string;
}

/** The key that a browser made for the user. */
export async function verifyNewPasskey(
  config: Place,
  { answer, challenge }: AnsweredChallenge,
  userId: string,
): Promise<NewPasskey> {
  const { verifyRegistrationResponse } = await import('@simplewebauthn/server');
  const { verified, registrationInfo } = await verifyRegistrationResponse({
    response: readCredential(answer),
    ...expectations(config, challenge),
  }).catch(refuseAnswer);
  if (!verified) throw notVerified();
  const { credential, aaguid, credentialDeviceType, credentialBackedUp } = registrationInfo;
  return {
    userId,
    credentialId: Buffer.from(credential.id, 'base64url'),
    publicKey: credential.publicKey,
    aaguid,
    friendlyName: authenticatorName(aaguid),
    signCount: credential.counter,
    transports: credential.transports ?? [],
    backupEligible: credentialDeviceType === 'multiDevice',
    backedUp: credentialBackedUp,
  };
}

/** How often the key has signed by now. Refuses a signature that is not the key's. */
export async function verifyUsedPasskey(
  config: Place,
  { answer, challenge }: AnsweredChallenge,
  passkey: Pick<PasskeyRow, 'credential_id' | 'public_key' | 'sign_count'>,
): Promise<number> {
  const { verifyAuthenticationResponse } = await import('@simplewebauthn/server');
  const { verified, authenticationInfo } = await verifyAuthenticationResponse({
    response: readCredential(answer),
    credential: {
      id: passkey.credential_id.toString('base64url'),
      publicKey: new Uint8Array(passkey.public_key),
      counter: Number(passkey.sign_count),
    },
    ...expectations(config, challenge),
  }).catch(refuseAnswer);
  if (!verified) throw notVerified();
  return authenticationInfo.newCounter;
}

function expectations({ rpId, rpOrigins }: Place, challenge: string) {
  return {
    expectedChallenge: challenge,
    expectedOrigin: [...rpOrigins],
    expectedRPID: rpId,
    requireUserVerification: false,
  };
}

function refuseAnswer(cause: unknown): never {
  throw notVerified(undefined, cause);
}
