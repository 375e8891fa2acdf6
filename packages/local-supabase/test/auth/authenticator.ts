import { createHash, generateKeyPairSync, randomBytes, sign } from 'node:crypto';

/** A device with one key, as browsers show it to pages. */
export interface Authenticator {
  create: (options: { challenge: string; user: { id: string } }) => Record<string, unknown>;
  get: (options: { challenge: string }) => Record<string, unknown>;
}

type Cbor = number | string | Buffer | [Cbor, Cbor][];

/**
 * A device that is used at `origin`, for keys of the domain `rpId`. Its user is always there and verified.
 * @param aaguid its maker's, where it tells
 */
export function makeAuthenticator(
  rpId: string,
  origin: string,
  aaguid = '00000000-0000-0000-0000-000000000000',
): Authenticator {
  const { privateKey, publicKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' });
  const { x = '', y = '' } = publicKey.export({ format: 'jwk' });
  const coordinates = [x, y].map((text) => Buffer.from(text, 'base64url'));
  const cose = cbor([
    [1, 2],
    [3, -7],
    [-1, 1],
    [-2, coordinates[0] ?? ''],
    [-3, coordinates[1] ?? ''],
  ]);
  const id = randomBytes(16);
  const domain = createHash('sha256').update(rpId).digest();
  let userHandle = '';
  let uses = 0;
  const client = (type: string, challenge: string): Buffer =>
    Buffer.from(JSON.stringify({ type, challenge, origin }));
  const answer = (response: Record<string, unknown>): Record<string, unknown> => ({
    id: id.toString('base64url'),
    rawId: id.toString('base64url'),
    type: 'public-key',
    response,
    clientExtensionResults: {},
  });
  return {
    create: ({ challenge, user }) => {
      userHandle = user.id;
      const key = Buffer.concat([
        Buffer.from(aaguid.replaceAll('-', ''), 'hex'),
        Buffer.from([0, id.length]),
        id,
        cose,
      ]);
      const authData = Buffer.concat([domain, Buffer.from([0x45, 0, 0, 0, 0]), key]);
      const attestation: [Cbor, Cbor][] = [
        ['fmt', 'none'],
        ['attStmt', []],
        ['authData', authData],
      ];
      return answer({
        attestationObject: cbor(attestation).toString('base64url'),
        clientDataJSON: client('webauthn.create', challenge).toString('base64url'),
        transports: ['internal'],
      });
    },
    get: ({ challenge }) => {
      uses += 1;
      const data = Buffer.concat([domain, Buffer.from([0x05, 0, 0, 0, uses])]);
      const clientData = client('webauthn.get', challenge);
      const signed = Buffer.concat([data, createHash('sha256').update(clientData).digest()]);
      return answer({
        authenticatorData: data.toString('base64url'),
        clientDataJSON: clientData.toString('base64url'),
        signature: sign('sha256', signed, privateKey).toString('base64url'),
        userHandle,
      });
    },
  };
}

function cbor(value: Cbor): Buffer {
  if (typeof value === 'number') return value < 0 ? head(1, -1 - value) : head(0, value);
  if (typeof value === 'string')
    return Buffer.concat([head(3, Buffer.byteLength(value)), Buffer.from(value)]);
  if (Buffer.isBuffer(value)) return Buffer.concat([head(2, value.length), value]);
  return Buffer.concat([head(5, value.length), ...value.flat().map(cbor)]);
}

function head(kind: number, length: number): Buffer {
  return length < 24 ? Buffer.from([(kind << 5) | length]) : Buffer.from([(kind << 5) | 24, length]);
}
