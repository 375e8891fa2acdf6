import type { Executor } from '../database/executor.ts';
import { refuse } from '../errors/catalogue.ts';
import { findIdentity, listIdentityOwners } from '../users/identities.repository.ts';
import { findEmailOwner, getUser, listUsersByEmail } from '../users/users.repository.ts';
import type { AuthUser } from '../users/user.types.ts';
import type { ExternalEmail, ExternalUser } from './external-user.ts';

/** What becomes of somebody who came back from a provider. */
export type AccountDecision =
  | { readonly kind: 'known'; readonly user: AuthUser; readonly identityId: string }
  | { readonly kind: 'link'; readonly user: AuthUser }
  /** `email` is the address of the new account, or empty where it is another account's. */
  | { readonly kind: 'create'; readonly email: string };

/** Providers of single sign-on vouch for their own users only: their accounts are never joined with others'. */
export function isSso(provider: string): boolean {
  return provider.startsWith('sso:');
}

/** The addresses that are certainly the user's, in lower case; all of them where addresses need no confirmation. */
export function provenEmails(emails: readonly ExternalEmail[], autoconfirm: boolean): string[] {
  return emails.filter(({ verified }) => verified || autoconfirm).map(({ email }) => email.toLowerCase());
}

/**
 * Decides by GoTrue's rules: a known identity signs in; an address that the provider verified joins the account that has
 * it; everybody else is new.
 */
export async function decideAccount(
  tx: Executor,
  provider: string,
  { emails, claims }: ExternalUser,
  options: { autoconfirm: boolean; audience: string },
): Promise<AccountDecision> {
  const identity = await findIdentity(tx, provider, claims.sub);
  if (identity !== undefined) {
    return { kind: 'known', user: await getUser(tx, identity.user_id), identityId: identity.id };
  }
  const primary = emails.find((entry) => entry.primary)?.email.toLowerCase() ?? '';
  const proven = provenEmails(emails, options.autoconfirm);
  if (proven.length === 0) {
    const owner = primary === '' ? undefined : await findEmailOwner(tx, primary, options.audience, null);
    return { kind: 'create', email: owner === undefined ? primary : '' };
  }
  const owner = await findOwner(tx, provider, proven);
  return owner === undefined
    ? { kind: 'create', email: primary }
    : { kind: 'link', user: await getUser(tx, owner) };
}

async function findOwner(tx: Executor, provider: string, emails: string[]): Promise<string | undefined> {
  const identities = await listIdentityOwners(tx, emails);
  const domain = linkingDomain(provider);
  const related = identities.filter((identity) => linkingDomain(identity.provider) === domain);
  const owners = new Set(
    related.length > 0 || isSso(provider)
      ? related.map((identity) => identity.user_id)
      : await listUsersByEmail(tx, emails),
  );
  if (owners.size > 1) {
    throw refuse.unexpected(
      `Multiple accounts with the same email address in the same linking domain detected: ${domain}`,
    );
  }
  return [...owners][0];
}

function linkingDomain(provider: string): string {
  return isSso(provider) ? provider : 'default';
}
