import { randomUUID } from 'node:crypto';
import type { Mail } from '../../context.ts';
import type { AuthConfig } from '../config/auth-config.ts';
import type { Executor } from '../database/executor.ts';
import { AuthError } from '../errors/auth-error.ts';
import { refuse } from '../errors/catalogue.ts';
import type { RequestInfo } from '../http/request-info.ts';
import type { OneTimeMailService } from '../mail/one-time-mail.service.ts';
import { USER_ROLE } from '../signup/new-user.ts';
import type { NewUsers } from '../signup/new-users.ts';
import { auditUser } from '../users/audit.ts';
import {
  deleteOtherIdentities,
  findIdentity,
  insertIdentity,
  replaceIdentityData,
} from '../users/identities.repository.ts';
import { mergeMetadata } from '../users/metadata.ts';
import { confirmEmail, syncProviders } from '../users/user-state.ts';
import { getUser, lockUser, updateUser } from '../users/users.repository.ts';
import { isBanned, type AuthUser } from '../users/user.types.ts';
import { decideAccount, isSso, provenEmails, type AccountDecision } from './account-decision.ts';
import type { ExternalUser } from './external-user.ts';

/** Who somebody from outside is here. A refusal comes with changes that stay: the account waits for its confirmation. */
export interface ExternalAccount {
  readonly userId: string;
  readonly mails: readonly Mail[];
  readonly refusal: AuthError | undefined;
}

/** Accounts of people whom a provider knows. */
export class ExternalAccountService {
  readonly #config: AuthConfig;
  readonly #mail: OneTimeMailService;

  readonly #newUsers: NewUsers;

  constructor(config: AuthConfig, mail: OneTimeMailService, newUsers: NewUsers) {
    this.#newUsers = newUsers;
    this.#config = config;
    this.#mail = mail;
  }

  /** Finds, joins or makes the account of `external` in the caller's transaction. */
  async signIn(
    tx: Executor,
    external: ExternalUser,
    provider: string,
    emailOptional: boolean,
    info: RequestInfo,
  ): Promise<ExternalAccount> {
    const decision = await decideAccount(tx, provider, external, {
      autoconfirm: this.#config.email.autoconfirm,
      audience: info.audience,
    });
    const userId = await this.#apply(tx, decision, external, provider, info);
    const user = await getUser(tx, userId);
    if (isBanned(user)) throw refuse.banned(403);
    const addressless = provider === 'web3' || (emailOptional && (user.email ?? '') === '');
    if (user.email_confirmed_at !== null || addressless) {
      await auditUser(tx, info, user, 'login', { provider });
      return { userId, mails: [], refusal: undefined };
    }
    await this.#dropUnconfirmed(tx, user, provider, external);
    return this.#confirm(tx, await getUser(tx, userId), external, provider, info);
  }

  async #apply(
    tx: Executor,
    decision: AccountDecision,
    external: ExternalUser,
    provider: string,
    info: RequestInfo,
  ): Promise<string> {
    if (decision.kind === 'create') return this.#create(tx, decision.email, external, provider, info);
    const user = (await lockUser(tx, decision.user.id)) ?? decision.user;
    if (decision.kind === 'known') await replaceIdentityData(tx, decision.identityId, external.claims);
    else await this.#link(tx, user, external, provider, info);
    await updateUser(tx, user.id, {
      raw_user_meta_data: mergeMetadata(user.raw_user_meta_data, external.claims),
    });
    await syncProviders(tx, user);
    return user.id;
  }

  async #link(
    tx: Executor,
    user: AuthUser,
    { claims }: ExternalUser,
    provider: string,
    info: RequestInfo,
  ): Promise<void> {
    await insertIdentity(tx, user.id, provider, claims);
    const identity = await findIdentity(tx, provider, claims.sub);
    const traits = { identity_id: identity?.id, provider, provider_id: claims.sub };
    await auditUser(tx, info, user, 'identity_linked', traits);
  }

  async #create(
    tx: Executor,
    email: string,
    external: ExternalUser,
    provider: string,
    info: RequestInfo,
  ): Promise<string> {
    if (!this.#config.enableSignup) throw refuse.signupDisabled();
    const newcomer = {
      id: randomUUID(),
      aud: info.audience,
      role: USER_ROLE,
      email: email === '' ? null : email,
      phone: null,
      encryptedPassword: '',
      appMetadata: { provider, providers: [provider] },
      userMetadata: external.claims,
      isAnonymous: false,
      isSsoUser: isSso(provider),
    };
    const user = await this.#newUsers.create(tx, newcomer, info);
    await insertIdentity(tx, user.id, provider, external.claims);
    return user.id;
  }

  /** Whoever prepared this account without owning its address must not share it: his password and identities go. */
  async #dropUnconfirmed(
    tx: Executor,
    user: AuthUser,
    provider: string,
    external: ExternalUser,
  ): Promise<void> {
    const identity = await findIdentity(tx, provider, external.claims.sub);
    if (identity === undefined) return;
    await updateUser(tx, user.id, { encrypted_password: null, raw_user_meta_data: external.claims });
    await deleteOtherIdentities(tx, user.id, identity.id);
    await syncProviders(tx, user);
  }

  /** Confirms the account by what the provider verified: the account's own address, and none other. */
  async #confirm(
    tx: Executor,
    user: AuthUser,
    external: ExternalUser,
    provider: string,
    info: RequestInfo,
  ): Promise<ExternalAccount> {
    const { autoconfirm } = this.#config.email;
    const email = (user.email ?? '').toLowerCase();
    if (autoconfirm || (email !== '' && provenEmails(external.emails, false).includes(email))) {
      await auditUser(tx, info, user, 'user_signedup', { provider });
      await confirmEmail(tx, user);
      return { userId: user.id, mails: [], refusal: undefined };
    }
    const mails = email === '' ? [] : await this.#mail.confirmation(tx, user, false, info);
    const next =
      email === ''
        ? `Verify the email with ${provider} in order to sign in`
        : `A confirmation email has been sent to your ${provider} email`;
    const refusal = new AuthError(
      422,
      'provider_email_needs_verification',
      `Unverified email with ${provider}. ${next}`,
    );
    return { userId: user.id, mails, refusal };
  }
}
