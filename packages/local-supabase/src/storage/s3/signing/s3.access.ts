import type { KeyRing } from '../../../context.ts';
import { S3_CREDENTIALS } from '../../../keys/s3.credentials.ts';
import type { Caller } from '../../database/caller.ts';
import type { Access } from '../../http/access.ts';
import { S3_ERRORS } from '../errors/s3.errors.ts';
import type { S3Request } from '../s3.request.ts';
import { canonicalRequests } from './canonical.request.ts';
import { readSignature, type ClientSignature } from './client.signature.ts';
import { sha256, SigningKey } from './signing.key.ts';

/** A request whose signature holds. */
export interface SignedRequest {
  readonly caller: Caller;
  readonly signature: ClientSignature;
  /** What signs the chunks of the body. */
  readonly key: SigningKey;
}

/** The regions that a client may sign for; the region does not matter here, but it is part of the signature. */
const REGIONS = [S3_CREDENTIALS.region, 'us-east-1', 'auto', ''];
/** The name that the Supabase CLI gives its one tenant. */
const LOCAL_TENANT = 'stub';

/**
 * Who signed an S3 request. The project's pair of keys is the service role. With a session token the token says who it is;
 * its "key pair" is public (the project's reference and an API key), and only carries it.
 */
export class S3Access {
  readonly #keys: KeyRing;
  readonly #access: Access;
  readonly #projects: readonly string[];

  /** @param project - the project's reference: `project_id` of `config.toml` */
  constructor(keys: KeyRing, access: Access, project: string) {
    this.#keys = keys;
    this.#access = access;
    this.#projects = [LOCAL_TENANT, project];
  }

  /** @throws StorageError AccessDenied, InvalidSignature, ExpiredToken, SignatureDoesNotMatch */
  async verify(request: S3Request): Promise<SignedRequest> {
    const signature = readSignature(request);
    return this.#verified(signature, () => {
      mustSign(request, signature);
      const texts = canonicalRequests(request, signature).map(sha256);
      return (key) => texts.some((text) => key.signed(signature.signature, 'AWS4-HMAC-SHA256', text));
    });
  }

  /** Who signed the policy of a form. @throws StorageError AccessDenied, SignatureDoesNotMatch */
  verifyPolicy(signature: ClientSignature, policy: string): Promise<SignedRequest> {
    return this.#verified(signature, () => (key) => key.signedText(signature.signature, policy));
  }

  async #verified(
    signature: ClientSignature,
    read: () => (key: SigningKey) => boolean,
  ): Promise<SignedRequest> {
    const secrets = this.#secretsOf(signature);
    if (signature.service !== 's3') throw S3_ERRORS.accessDenied('Invalid Service');
    const holds = read();
    const key = REGIONS.includes(signature.region)
      ? secrets.map((secret) => new SigningKey(secret, signature)).find(holds)
      : undefined;
    if (!key) throw S3_ERRORS.signatureDoesNotMatch();
    const caller = await this.#access.callerOf(signature.sessionToken ?? this.#keys.serviceRoleKey);
    return { caller, signature, key };
  }

  #secretsOf({ accessKey, sessionToken }: ClientSignature): string[] {
    const { anonKey, publishableKey } = this.#keys;
    if (sessionToken === undefined) {
      if (accessKey === S3_CREDENTIALS.accessKeyId) return [S3_CREDENTIALS.secretAccessKey];
    } else if ([...this.#projects, anonKey, publishableKey].includes(accessKey)) {
      return [anonKey, publishableKey, ...this.#projects];
    }
    throw S3_ERRORS.accessDenied('Invalid Access Key');
  }
}

/**
 * As AWS has it, the host and everything that S3 acts on must be signed: else whoever holds a presigned URL could add a
 * header that makes another request of it, a copy of another object for instance.
 */
function mustSign({ headers }: S3Request, { signedHeaders }: ClientSignature): void {
  const needed = Object.keys(headers).filter((name) => name.startsWith('x-amz-'));
  if (['host', ...needed].every((name) => signedHeaders.includes(name))) return;
  throw S3_ERRORS.accessDenied('There were headers present in the request which were not signed');
}
