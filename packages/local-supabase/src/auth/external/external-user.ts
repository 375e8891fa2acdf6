import type { JsonObject } from '../users/user.types.ts';

/** An address that a provider knows of its user. */
export interface ExternalEmail {
  readonly email: string;
  readonly verified: boolean;
  readonly primary: boolean;
}

/** What is stored of a user at his provider, by GoTrue's names. `sub` is his id there. */
export type IdentityClaims = JsonObject & { sub: string };

/** A user as his provider describes him. */
export interface ExternalUser {
  readonly emails: readonly ExternalEmail[];
  readonly claims: IdentityClaims;
}

/** The claims without what is empty. GoTrue's identities always say whether address and phone are verified. */
export function identityClaims(claims: JsonObject & { sub: string }): IdentityClaims {
  const told = Object.entries(claims).filter(([, value]) => value !== '' && value !== undefined);
  return { email_verified: false, phone_verified: false, ...Object.fromEntries(told), sub: claims.sub };
}

/** One address, which is the primary one; none where it is empty. */
export function onlyEmail(email: string, verified: boolean): ExternalEmail[] {
  return email === '' ? [] : [{ email, verified, primary: true }];
}

/** The user with the claims `email` and `email_verified` of his primary address, else of the last one. */
export function withMainEmail(user: ExternalUser): ExternalUser {
  const main = user.emails.find(({ primary }) => primary) ?? user.emails.at(-1);
  const claims: IdentityClaims = { ...user.claims, email_verified: main?.verified ?? false };
  return { ...user, claims: main === undefined ? claims : { ...claims, email: main.email } };
}
