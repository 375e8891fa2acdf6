import { randomUUID } from 'node:crypto';
import type { Database } from '../../context.ts';
import type { AuthConfig } from '../config/auth-config.ts';
import { NIL_UUID, type Executor } from '../database/executor.ts';
import { refuse } from '../errors/catalogue.ts';
import { AuthError } from '../errors/auth-error.ts';
import { databaseRefusal, violates } from '../errors/database-refusal.ts';
import { DatabaseFault } from '../errors/postgres-fault.ts';
import type { RequestInfo } from '../http/request-info.ts';
import { isUuid } from '../http/uuid.ts';
import { createUser, EmailTakenError, emailClaims, USER_ROLE } from '../signup/new-user.ts';
import { auditAdmin, traitsOf } from '../users/audit.ts';
import { readEmail } from '../users/email-address.ts';
import { insertIdentity } from '../users/identities.repository.ts';
import { mergeMetadata } from '../users/metadata.ts';
import { checkStrength, hashPassword, isKnownHash, randomPassword } from '../users/password.ts';
import { confirmEmail } from '../users/user-state.ts';
import {
  findEmailOwner,
  findUserByPhone,
  getUser,
  updateUser,
  type NewUser,
} from '../users/users.repository.ts';
import type { AuthUser } from '../users/user.types.ts';
import type { AdminUserInput } from './admin-user.types.ts';
import { bannedUntil } from './duration-ban.ts';
import { readPhone } from '../phone/phone-number.ts';

/** Users made by an administrator. */
export class AdminCreateService {
  readonly #config: AuthConfig;
  readonly #database: Database;

  constructor(config: AuthConfig, database: Database) {
    this.#config = config;
    this.#database = database;
  }

  /** Makes a user with an address, a phone number or both; nothing is sent. */
  async create(role: string, request: AdminUserInput, info: RequestInfo): Promise<AuthUser> {
    const input = normalize(request);
    const aud = input.aud === '' ? info.audience : input.aud;
    await this.#checkFree(input, aud);
    const banned = bannedUntil(input.banDuration);
    const user = newUser(input, aud, await passwordHash(input, this.#config.password));
    try {
      return await this.#database.transaction(async (tx) => {
        const created = await createUser(tx, user);
        await addIdentities(tx, user);
        await auditAdmin(tx, info, role, 'user_signedup', {
          ...traitsOf(created),
          provider: user.appMetadata.provider,
        });
        if (input.emailConfirm) await confirmEmail(tx, created);
        await updateUser(tx, user.id, {
          ...(input.appMetadata && {
            raw_app_meta_data: mergeMetadata(created.raw_app_meta_data, input.appMetadata),
          }),
          ...(input.phoneConfirm && { phone_confirmed_at: new Date() }),
          ...(banned !== undefined && { banned_until: banned }),
        });
        return getUser(tx, user.id);
      });
    } catch (error) {
      throw creationRefusal(error);
    }
  }

  async #checkFree(input: AdminUserInput, aud: string): Promise<void> {
    if (input.email === '' && input.phone === '') {
      throw refuse.validation('Cannot create a user without either an email or phone');
    }
    const db = this.#database.pool;
    if (input.email !== '' && (await findEmailOwner(db, input.email, aud, null)) !== undefined) {
      throw refuse.emailExists();
    }
    if (input.phone !== '' && (await findUserByPhone(db, input.phone, aud)) !== undefined) {
      throw refuse.phoneExists();
    }
  }
}

function normalize(input: AdminUserInput): AdminUserInput {
  if (input.id !== '' && !isUuid(input.id)) throw refuse.validation('ID must conform to the uuid v4 format');
  if (input.id === NIL_UUID) throw refuse.validation('ID cannot be a nil uuid');
  return {
    ...input,
    email: input.email === '' ? '' : readEmail(input.email),
    phone: input.phone === '' ? '' : readPhone(input.phone),
  };
}

async function passwordHash(input: AdminUserInput, rules: AuthConfig['password']): Promise<string> {
  if (input.password !== undefined && input.passwordHash !== '') {
    throw refuse.validation('Only a password or a password hash should be provided');
  }
  if (input.passwordHash !== '') {
    if (!isKnownHash(input.passwordHash)) {
      throw refuse.unexpected('Error creating user');
    }
    return input.passwordHash;
  }
  if (input.password === undefined || input.password === '') return hashPassword(randomPassword(), rules);
  checkStrength(input.password, rules);
  return hashPassword(input.password, rules);
}

function newUser(input: AdminUserInput, aud: string, hash: string): NewUser {
  const providers = [...(input.email === '' ? [] : ['email']), ...(input.phone === '' ? [] : ['phone'])];
  return {
    id: input.id === '' ? randomUUID() : input.id.toLowerCase(),
    aud,
    role: input.role === '' ? USER_ROLE : input.role,
    email: input.email === '' ? null : input.email,
    phone: input.phone === '' ? null : input.phone,
    encryptedPassword: hash,
    appMetadata: { provider: providers[0], providers },
    userMetadata: input.userMetadata ?? {},
    isAnonymous: false,
  };
}

async function addIdentities(tx: Executor, user: NewUser): Promise<void> {
  if (user.email !== null) await insertIdentity(tx, user.id, 'email', emailClaims(user.id, user.email));
  if (user.phone !== null) {
    const claims = { email_verified: false, phone: user.phone, phone_verified: false, sub: user.id };
    await insertIdentity(tx, user.id, 'phone', claims);
  }
}

/** Two administrators at once, or an id that exists. */
function creationRefusal(error: unknown): unknown {
  if (error instanceof EmailTakenError) return refuse.emailExists();
  const cause = error instanceof Error && error.cause !== undefined ? error.cause : error;
  if (violates(cause, 'users_phone_key')) return refuse.phoneExists();
  if (violates(cause, 'users_pkey')) return refuse.validation('A user with this id already exists');
  if (error instanceof AuthError && !(error instanceof DatabaseFault)) return error;
  return databaseRefusal(cause) ?? new DatabaseFault('Database error creating new user', cause);
}
