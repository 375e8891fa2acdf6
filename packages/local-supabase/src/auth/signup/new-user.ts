import { randomUUID } from 'node:crypto';
import type { Executor } from '../database/executor.ts';
import { AuthError } from '../errors/auth-error.ts';
import { databaseRefusal, violates } from '../errors/database-refusal.ts';
import { DatabaseFault } from '../errors/postgres-fault.ts';
import { insertIdentity } from '../users/identities.repository.ts';
import { getUser, insertUser, type NewUser } from '../users/users.repository.ts';
import type { AuthUser, JsonObject } from '../users/user.types.ts';

/** GoTrue's default role and group of users. */
export const USER_ROLE = 'authenticated';

/** Marks that two sign-ups of one address met; the caller answers as for any taken address. */
export class EmailTakenError extends Error {}

/** A new user with an address. `password` is a hash, or empty. */
export function emailUser(user: {
  email: string;
  passwordHash: string;
  aud: string;
  data: JsonObject;
}): NewUser {
  return {
    id: randomUUID(),
    aud: user.aud,
    role: USER_ROLE,
    email: user.email,
    phone: null,
    encryptedPassword: user.passwordHash,
    appMetadata: { provider: 'email', providers: ['email'] },
    userMetadata: user.data,
    isAnonymous: false,
  };
}

/** Stores a user and reads him back, as the project's triggers left him. */
export async function createUser(tx: Executor, user: NewUser): Promise<AuthUser> {
  try {
    await insertUser(tx, user);
    return await getUser(tx, user.id);
  } catch (error) {
    throw creationFault(error);
  }
}

/** What GoTrue knows of somebody by his address, as an identity's data. */
export function emailClaims(userId: string, email: string, verified = false): JsonObject & { sub: string } {
  return { email, email_verified: verified, phone_verified: false, sub: userId };
}

/** Gives a user his e-mail identity. */
export async function addEmailIdentity(
  tx: Executor,
  userId: string,
  email: string,
  verified = false,
): Promise<void> {
  await insertIdentity(tx, userId, 'email', emailClaims(userId, email, verified));
}

function creationFault(error: unknown): unknown {
  if (error instanceof AuthError) return error;
  if (violates(error, 'users_email_partial_key')) return new EmailTakenError();
  return databaseRefusal(error) ?? new DatabaseFault('Database error saving new user', error);
}
