import { randomUUID } from 'node:crypto';
import type { Database, Mail } from '../../context.ts';
import type { AuthConfig } from '../config/auth-config.ts';
import type { Executor } from '../database/executor.ts';
import { refuse } from '../errors/catalogue.ts';
import type { RequestInfo } from '../http/request-info.ts';
import type { OneTimeMailService } from '../mail/one-time-mail.service.ts';
import type { SessionIssuer, TokenResponse } from '../sessions/session-issuer.ts';
import { insertFlowState } from '../tokens/flow-states.repository.ts';
import type { Challenge } from '../tokens/pkce.ts';
import { auditUser } from '../users/audit.ts';
import { readEmail } from '../users/email-address.ts';
import { deleteOtherIdentities, findIdentity, insertIdentity } from '../users/identities.repository.ts';
import { checkStrength, hashPassword } from '../users/password.ts';
import { confirmEmail, syncProviders } from '../users/user-state.ts';
import { userJson } from '../users/user-json.ts';
import { findEmailOwner, findUser, getUser, lockUser, updateUser } from '../users/users.repository.ts';
import type { AuthUser, JsonObject } from '../users/user.types.ts';
import { emailClaims, EmailTakenError, emailUser } from './new-user.ts';
import type { NewUsers } from './new-users.ts';
import { obfuscatedUser } from './obfuscated-user.ts';

/** What signs somebody up by his address. */
export interface EmailSignup {
  email: string;
  password: string;
  data: JsonObject;
  challenge: Challenge | undefined;
}

/** The user while he must confirm, or his first session. */
export type SignupOutcome = TokenResponse | Record<string, unknown>;

/** Sign-up by address and password. */
export class SignupService {
  readonly #config: AuthConfig;
  readonly #database: Database;
  readonly #issuer: SessionIssuer;
  readonly #mail: OneTimeMailService;
  readonly #newUsers: NewUsers;

  constructor(
    config: AuthConfig,
    database: Database,
    issuer: SessionIssuer,
    mail: OneTimeMailService,
    newUsers: NewUsers,
  ) {
    this.#newUsers = newUsers;
    this.#config = config;
    this.#database = database;
    this.#issuer = issuer;
    this.#mail = mail;
  }

  /**
   * Signs up. Where addresses need no confirmation the answer is a session, and a taken address is refused; else it
   * is the user, and a taken address gets an answer that looks the same.
   */
  async signUp(signup: EmailSignup, info: RequestInfo): Promise<SignupOutcome> {
    if (!this.#config.enableSignup) throw refuse.signupDisabled();
    if (signup.password === '') throw refuse.validation('Signup requires a valid password');
    checkStrength(signup.password, this.#config.password);
    if (!this.#config.email.enabled) throw refuse.emailSignupsDisabled();
    const email = readEmail(signup.email);
    const owner = await findEmailOwner(this.#database.pool, email, info.audience, null);
    // Hashed for a taken address as well: the time an answer takes must not tell that it is.
    const hash = await hashPassword(signup.password, this.#config.password);
    try {
      return await this.#register({ ...signup, email }, owner?.id, hash, info);
    } catch (error) {
      if (!(error instanceof EmailTakenError)) throw error;
      return this.#alreadyRegistered({ ...signup, email }, info);
    }
  }

  async #register(
    signup: EmailSignup,
    ownerId: string | undefined,
    hash: string,
    info: RequestInfo,
  ): Promise<SignupOutcome> {
    const { outcome, mails } = await this.#database.transaction(async (tx) => {
      const existing = ownerId === undefined ? undefined : await lockUser(tx, ownerId);
      if (existing !== undefined && existing.email_confirmed_at !== null) throw new EmailTakenError();
      const user =
        existing ??
        (await this.#newUsers.create(
          tx,
          emailUser({ email: signup.email, passwordHash: hash, aud: info.audience, data: signup.data }),
          info,
        ));
      await this.#claimIdentity(tx, user, signup);
      return this.#confirmOrAsk(tx, await getUser(tx, user.id), signup.challenge, info);
    });
    await this.#mail.deliver(mails);
    return outcome;
  }

  /** The one who signs up now may not be the one who did before: only what he said counts. */
  async #claimIdentity(tx: Executor, user: AuthUser, signup: EmailSignup): Promise<void> {
    if ((await findIdentity(tx, 'email', user.id)) !== undefined) return;
    const data = { ...signup.data, ...emailClaims(user.id, user.email ?? signup.email) };
    await insertIdentity(tx, user.id, 'email', data);
    const identity = await findIdentity(tx, 'email', user.id);
    if (identity === undefined) return;
    await updateUser(tx, user.id, { raw_user_meta_data: { ...user.raw_user_meta_data, ...data } });
    await deleteOtherIdentities(tx, user.id, identity.id);
    await syncProviders(tx, user);
  }

  async #confirmOrAsk(
    tx: Executor,
    user: AuthUser,
    challenge: Challenge | undefined,
    info: RequestInfo,
  ): Promise<{ outcome: SignupOutcome; mails: Mail[] }> {
    if (this.#config.email.autoconfirm) {
      await auditUser(tx, info, user, 'user_signedup', { provider: 'email' });
      await confirmEmail(tx, user);
      await auditUser(tx, info, user, 'login', { provider: 'email' });
      return { outcome: await this.#issuer.open(tx, user.id, 'password', info), mails: [] };
    }
    await auditUser(tx, info, user, 'user_confirmation_requested', { provider: 'email' });
    if (challenge !== undefined) {
      await insertFlowState(tx, {
        ...challenge,
        userId: user.id,
        provider: 'email',
        authentication: 'email/signup',
      });
    }
    const mails = await this.#mail.confirmation(tx, user, challenge !== undefined, info);
    const asked = await getUser(tx, user.id);
    // An invited user's data is the administrator's: whoever knows only the address does not get to see it.
    const hidden = asked.invited_at === null ? asked : { ...asked, raw_user_meta_data: {}, identities: [] };
    return { outcome: userJson(hidden), mails };
  }

  async #alreadyRegistered(signup: EmailSignup, info: RequestInfo): Promise<SignupOutcome> {
    const owner = await findEmailOwner(this.#database.pool, signup.email, info.audience, null);
    const user = owner && (await findUser(this.#database.pool, owner.id));
    if (user) await auditUser(this.#database.pool, info, user, 'user_repeated_signup', { provider: 'email' });
    if (this.#config.email.autoconfirm) throw refuse.userExists();
    return obfuscatedUser({ id: randomUUID(), email: signup.email, aud: info.audience, data: signup.data });
  }
}
