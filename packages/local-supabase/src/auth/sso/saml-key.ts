import { createPrivateKey, createPublicKey, webcrypto, type KeyObject } from 'node:crypto';

/** What this project signs its requests to identity providers with. PEM. */
export interface SamlKey {
  readonly privateKey: string;
  readonly certificate: string;
}

const RSA = { name: 'RSASSA-PKCS1-v1_5', hash: 'SHA-256' } as const;

/** The RSA key of `[auth.saml] private_key`: PEM, or base64 of its DER as GoTrue takes it. Undefined for anything else. */
export function parseSamlKey(text: string): KeyObject | undefined {
  const key = text.includes('-----BEGIN')
    ? attempt(() => createPrivateKey(text))
    : (['pkcs1', 'pkcs8'] as const)
        .map((type) =>
          attempt(() => createPrivateKey({ key: Buffer.from(text, 'base64'), format: 'der', type })),
        )
        .find((parsed) => parsed !== undefined);
  const bits = key?.asymmetricKeyDetails?.modulusLength ?? 0;
  return key?.asymmetricKeyType === 'rsa' && bits >= 2048 ? key : undefined;
}

/**
 * The key with a certificate of its own. Nothing in it changes from start to start: identity providers remember it by its
 * bytes.
 */
export async function certify(key: KeyObject): Promise<SamlKey> {
  const { X509CertificateGenerator } = await import('@peculiar/x509');
  const pkcs8 = key.export({ type: 'pkcs8', format: 'der' });
  const spki = createPublicKey(key).export({ type: 'spki', format: 'der' });
  const { subtle } = webcrypto;
  const keys = {
    privateKey: await subtle.importKey('pkcs8', new Uint8Array(pkcs8), RSA, true, ['sign']),
    publicKey: await subtle.importKey('spki', new Uint8Array(spki), RSA, true, ['verify']),
  };
  const certificate = await X509CertificateGenerator.createSelfSigned({
    serialNumber: '01',
    name: 'CN=SAML 2.0 Certificate, O=Supabase Auth',
    notBefore: new Date('2000-01-01T00:00:00Z'),
    notAfter: new Date('2100-01-01T00:00:00Z'),
    signingAlgorithm: RSA,
    keys,
  });
  return {
    privateKey: key.export({ type: 'pkcs8', format: 'pem' }).toString(),
    certificate: certificate.toString('pem'),
  };
}

function attempt<T>(work: () => T): T | undefined {
  try {
    return work();
  } catch {
    return undefined;
  }
}
