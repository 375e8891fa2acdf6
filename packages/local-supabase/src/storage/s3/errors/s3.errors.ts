import { StorageError } from '../../errors/storage.error.ts';

const refusal =
  (code: string, status: number, text: string) =>
  (message = text, cause?: unknown): StorageError =>
    new StorageError({ code, status, message, cause });

const MISMATCH =
  'The request signature we calculated does not match the signature you provided. Check your key and signing method.';

/**
 * What only the S3 protocol refuses; the rest is the catalogue of the storage API. Codes are those of storage-api, and of
 * AWS where storage-api has none.
 */
export const S3_ERRORS = {
  accessDenied: refusal('AccessDenied', 403, 'Access Denied'),
  signatureDoesNotMatch: refusal('SignatureDoesNotMatch', 403, MISMATCH),
  invalidSignature: refusal('InvalidSignature', 400, 'Invalid signature format'),
  expired: refusal('ExpiredToken', 400, 'The provided token has expired.'),

  invalidPolicy: refusal('InvalidPolicyDocument', 400, 'The form has no valid policy.'),

  invalidUri: refusal('InvalidURI', 400, "Couldn't parse the specified URI."),
  invalidArgument: refusal('InvalidArgument', 400, 'Invalid Argument'),
  invalidRequest: refusal('InvalidRequest', 400, 'Invalid Request'),
  methodNotAllowed: refusal(
    'MethodNotAllowed',
    405,
    'The specified method is not allowed against this resource.',
  ),
  notImplemented: refusal('NotImplemented', 501, 'What you asked for is not implemented.'),
  preconditionFailed: refusal(
    'PreconditionFailed',
    412,
    'At least one of the pre-conditions you specified did not hold',
  ),

  missingContentLength: refusal(
    'MissingContentLength',
    400,
    'You must provide the Content-Length HTTP header.',
  ),
  incompleteBody: refusal(
    'IncompleteBody',
    400,
    'You did not provide the number of bytes specified by the Content-Length HTTP header.',
  ),
  malformedChunk: refusal('InvalidRequest', 400, 'The body is not encoded as aws-chunked.'),
  entityTooSmall: refusal(
    'EntityTooSmall',
    400,
    'Your proposed upload is smaller than the minimum allowed size',
  ),
  sha256Mismatch: refusal(
    'XAmzContentSHA256Mismatch',
    400,
    "The provided 'x-amz-content-sha256' header does not match what was computed.",
  ),
  badDigest: refusal('BadDigest', 400, 'The checksum you specified did not match what we received.'),
  invalidDigest: refusal('InvalidDigest', 400, 'The checksum you specified is not valid.'),

  malformedXml: refusal('MalformedXML', 400, 'The XML you provided was not well-formed.'),
  messageTooLong: refusal('MaxMessageLengthExceeded', 400, 'Your request was too big.'),

  noSuchUpload: refusal('NoSuchUpload', 404, 'Upload not found'),
  invalidPart: refusal(
    'InvalidPart',
    400,
    'One or more of the specified parts could not be found, or their entity tag does not match.',
  ),
  invalidPartOrder: refusal('InvalidPartOrder', 400, 'The list of parts was not in ascending order.'),
};
