import { S3_ERRORS } from '../errors/s3.errors.ts';

/** In bytes: what the policy of a form allows its file to have. */
export interface SizeRange {
  readonly least: number;
  readonly most: number;
}

/** Fields that a policy need not speak of: they carry it, and its signature. */
const EXEMPT = [
  'policy',
  'x-amz-signature',
  'x-amz-algorithm',
  'x-amz-credential',
  'x-amz-date',
  'x-amz-security-token',
];

/**
 * Holds a form's fields against its policy (AWS, "Creating a POST policy"): it must not have expired, every condition must
 * hold, and every field must be in one, so that nobody adds what was not signed.
 * @param policy - in base64, as it was signed
 * @param fields - by their names in lower case, with the bucket of the address
 * @throws StorageError InvalidPolicyDocument, ExpiredToken, AccessDenied
 */
export function checkPolicy(policy: string, fields: ReadonlyMap<string, string>): SizeRange {
  const { expiration, conditions } = parse(policy);
  const expires = typeof expiration === 'string' ? Date.parse(expiration) : NaN;
  if (Number.isNaN(expires)) throw S3_ERRORS.invalidPolicy('The policy has no expiration.');
  if (expires < Date.now()) throw S3_ERRORS.expired();
  if (!Array.isArray(conditions)) throw S3_ERRORS.invalidPolicy('The policy has no conditions.');
  const covered = new Set(EXEMPT);
  let range: SizeRange = { least: 0, most: Infinity };
  for (const condition of conditions as unknown[]) {
    const [operator, first, second] = normalized(condition);
    if (operator === 'content-length-range') {
      const [least, most] = [Number(first), Number(second)];
      if (Number.isNaN(least) || Number.isNaN(most)) throw S3_ERRORS.invalidPolicy();
      range = { least: Math.max(least, range.least), most: Math.min(most, range.most) };
      continue;
    }
    const name = nameOf(first);
    if (!holds(operator, fields.get(name), String(second), name)) {
      throw S3_ERRORS.accessDenied(`Invalid according to Policy: Policy Condition failed: ${name}`);
    }
    covered.add(name);
  }
  const extra = [...fields.keys()].find((name) => !covered.has(name) && !name.startsWith('x-ignore-'));
  if (extra !== undefined) {
    throw S3_ERRORS.accessDenied(`Invalid according to Policy: Extra input fields: ${extra}`);
  }
  return range;
}

function parse(policy: string): { expiration?: unknown; conditions?: unknown } {
  let value: unknown;
  try {
    value = JSON.parse(Buffer.from(policy, 'base64').toString());
  } catch (error) {
    throw S3_ERRORS.invalidPolicy(undefined, error);
  }
  if (typeof value !== 'object' || value === null) throw S3_ERRORS.invalidPolicy();
  return value;
}

/** `{name: value}` is short for `["eq", "$name", value]`. */
function normalized(condition: unknown): [operator: unknown, first: unknown, second: unknown] {
  if (Array.isArray(condition) && condition.length === 3) {
    return condition as [unknown, unknown, unknown];
  }
  const entries = typeof condition === 'object' && condition !== null ? Object.entries(condition) : [];
  const [entry] = entries as [string, unknown][];
  if (Array.isArray(condition) || entry === undefined || entries.length > 1) throw S3_ERRORS.invalidPolicy();
  return ['eq', `$${entry[0]}`, entry[1]];
}

function nameOf(target: unknown): string {
  if (typeof target !== 'string' || !target.startsWith('$')) throw S3_ERRORS.invalidPolicy();
  return target.slice(1).toLowerCase();
}

function holds(operator: unknown, value: string | undefined, wanted: string, name: string): boolean {
  if (operator === 'eq') return value === wanted;
  if (operator !== 'starts-with') throw S3_ERRORS.invalidPolicy();
  // A type may be a list; then each of them must fit.
  const values = name === 'content-type' ? value?.split(',') : value === undefined ? undefined : [value];
  return values?.every((each) => each.startsWith(wanted)) ?? false;
}
