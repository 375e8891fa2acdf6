import { S3_ERRORS } from '../errors/s3.errors.ts';
import { headerOf, type S3Request } from '../s3.request.ts';

/** What a client says about its signature (Signature Version 4). */
export interface ClientSignature {
  readonly accessKey: string;
  /** `YYYYMMDD`, of the credential. */
  readonly day: string;
  readonly region: string;
  readonly service: string;
  /** Lower case. */
  readonly signedHeaders: readonly string[];
  /** Hexadecimal. */
  readonly signature: string;
  /** `YYYYMMDDTHHMMSSZ`. */
  readonly time: string;
  /** What the signature says about the body: its SHA-256, or a word for how it is signed. */
  readonly payload: string;
  readonly sessionToken: string | undefined;
}

const ALGORITHM = 'AWS4-HMAC-SHA256';
const UNSIGNED = 'UNSIGNED-PAYLOAD';
const TIME = /^(\d{4})(\d\d)(\d\d)T(\d\d)(\d\d)(\d\d)Z$/;

/**
 * Reads the signature from the header, or from the query of a presigned URL. As storage-api has it, a signature in the
 * header is good at any time, and a presigned URL until it expires.
 * @throws StorageError AccessDenied (none), InvalidSignature, ExpiredToken
 */
export function readSignature(request: S3Request): ClientSignature {
  const header = headerOf(request, 'authorization') ?? '';
  if (header.startsWith(`${ALGORITHM} `)) return fromHeader(request, header.slice(ALGORITHM.length));
  if (request.query.has('X-Amz-Credential')) return fromQuery(request);
  throw S3_ERRORS.accessDenied('Missing signature');
}

function fromHeader(request: S3Request, parameters: string): ClientSignature {
  const values = new Map(
    parameters.split(',').map((parameter) => {
      const equals = parameter.indexOf('=');
      return [parameter.slice(0, equals).trim(), parameter.slice(equals + 1).trim()];
    }),
  );
  return {
    ...credentialOf(values.get('Credential'), headerOf(request, 'x-amz-date')),
    ...signatureOf(values.get('SignedHeaders'), values.get('Signature')),
    payload: headerOf(request, 'x-amz-content-sha256') ?? UNSIGNED,
    sessionToken: headerOf(request, 'x-amz-security-token'),
  };
}

function fromQuery(request: S3Request): ClientSignature {
  const parameter = (name: string): string | undefined => request.query.get(`X-Amz-${name}`) ?? undefined;
  if (parameter('Algorithm') !== ALGORITHM) throw S3_ERRORS.invalidSignature();
  const credential = credentialOf(parameter('Credential'), parameter('Date'));
  const seconds = parameter('Expires') ?? '';
  if (!/^\d{1,9}$/.test(seconds)) throw S3_ERRORS.invalidSignature('Invalid expiration');
  if (instantOf(credential.time) + Number(seconds) * 1000 < Date.now()) throw S3_ERRORS.expired();
  return {
    ...credential,
    ...signatureOf(parameter('SignedHeaders'), parameter('Signature')),
    payload: parameter('Content-Sha256') ?? headerOf(request, 'x-amz-content-sha256') ?? UNSIGNED,
    sessionToken: parameter('Security-Token'),
  };
}

/**
 * Reads the signature of a form's policy from its fields (names in lower case).
 * @throws StorageError InvalidSignature
 */
export function signatureOfForm(fields: ReadonlyMap<string, string>): ClientSignature {
  const field = (name: string): string | undefined => fields.get(`x-amz-${name}`);
  if (field('algorithm') !== ALGORITHM) throw S3_ERRORS.invalidSignature();
  return {
    ...credentialOf(field('credential'), field('date')),
    ...signatureOf('host', field('signature')),
    payload: UNSIGNED,
    sessionToken: field('security-token'),
  };
}

function credentialOf(
  credential: string | undefined,
  time: string | undefined,
): Pick<ClientSignature, 'accessKey' | 'day' | 'region' | 'service' | 'time'> {
  if (credential === undefined || time === undefined || !TIME.test(time)) throw S3_ERRORS.invalidSignature();
  const [accessKey, day, region, service, end, ...more] = credential.split('/');
  const whole = accessKey !== undefined && region !== undefined && service !== undefined;
  if (!whole || day !== time.slice(0, 8) || end !== 'aws4_request' || more.length > 0)
    throw S3_ERRORS.invalidSignature('Invalid credentials');
  return { accessKey, day, region, service, time };
}

function signatureOf(
  signedHeaders: string | undefined,
  signature: string | undefined,
): Pick<ClientSignature, 'signedHeaders' | 'signature'> {
  if (!signedHeaders || !signature) throw S3_ERRORS.invalidSignature();
  return { signedHeaders: signedHeaders.toLowerCase().split(';'), signature };
}

function instantOf(time: string): number {
  return Date.parse(time.replace(TIME, '$1-$2-$3T$4:$5:$6Z'));
}
