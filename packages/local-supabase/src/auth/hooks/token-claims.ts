import type { JWTPayload } from 'jose';
import { refuse } from '../errors/catalogue.ts';
import type { HookAnswer } from './hook-runner.ts';

type Kind = 'string' | 'integer' | 'boolean' | 'object' | 'array';

/** What GoTrue still wants of a token that a hook has changed. */
const KINDS: Readonly<Record<string, readonly Kind[]>> = {
  aud: ['string', 'array'],
  exp: ['integer'],
  jti: ['string'],
  iat: ['integer'],
  iss: ['string'],
  nbf: ['integer'],
  sub: ['string'],
  email: ['string'],
  phone: ['string'],
  app_metadata: ['object'],
  user_metadata: ['object'],
  role: ['string'],
  aal: ['string'],
  amr: ['array'],
  session_id: ['string'],
  is_anonymous: ['boolean'],
};
const REQUIRED = ['aud', 'exp', 'iat', 'sub', 'email', 'phone', 'role', 'aal', 'session_id', 'is_anonymous'];

/** The claims that a hook has answered with. @throws AuthError when they make no token */
export function claimsIn({ claims }: HookAnswer): JWTPayload {
  if (claims === undefined) throw refuse.unexpected('output claims field is missing');
  if (kindOf(claims) !== 'object') throw refuse.unexpected('Error unmarshaling JSON output.');
  const known = claims as Record<string, unknown>;
  const faults = [
    ...REQUIRED.filter((name) => known[name] === undefined).map((name) => `(root): ${name} is required`),
    ...Object.entries(KINDS).flatMap(([name, kinds]) => wrongKind(name, known[name], kinds)),
  ];
  if (faults.length === 0) return known;
  const list = faults.map((fault) => `- ${fault}\n`).join('');
  throw refuse.unexpected(`output claims do not conform to the expected schema: \n${list}`);
}

function wrongKind(name: string, value: unknown, kinds: readonly Kind[]): string[] {
  if (value === undefined || kinds.some((kind) => kind === kindOf(value))) return [];
  const expected = kinds.length === 1 ? kinds[0] : `[${kinds.join(',')}]`;
  return [`${name}: Invalid type. Expected: ${expected}, given: ${kindOf(value)}`];
}

function kindOf(value: unknown): string {
  if (value === null) return 'null';
  if (Array.isArray(value)) return 'array';
  return Number.isInteger(value) ? 'integer' : typeof value;
}
