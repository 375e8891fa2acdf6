import { NIL_UUID, onlyRow, type Executor } from '../database/executor.ts';
import type { AuthUser, JsonObject, UserChanges } from './user.types.ts';

const SELECT_USER = `
  select u.*,
    (select coalesce(json_agg(i order by i.created_at, i.id), '[]') from auth.identities i where i.user_id = u.id)
      as identities,
    (select coalesce(json_agg(json_build_object(
        'id', f.id, 'friendly_name', f.friendly_name, 'factor_type', f.factor_type, 'status', f.status,
        'phone', f.phone, 'created_at', f.created_at, 'updated_at', f.updated_at,
        'last_challenged_at', f.last_challenged_at, 'web_authn_aaguid', f.web_authn_aaguid) order by f.created_at, f.id), '[]')
      from auth.mfa_factors f where f.user_id = u.id) as factors
  from auth.users u`;

/** What a new user is made of; everything else has the column's default. */
export interface NewUser {
  id: string;
  aud: string;
  role: string;
  email: string | null;
  phone: string | null;
  encryptedPassword: string;
  appMetadata: JsonObject;
  userMetadata: JsonObject;
  isAnonymous: boolean;
  /** His address may be another user's, too: he signs in by his organization only. */
  isSsoUser?: boolean;
}

/** Inserts a user. Triggers of the project may change it, so read it again afterwards. */
export async function insertUser(db: Executor, user: NewUser): Promise<void> {
  await db.query(
    `insert into auth.users (
       instance_id, id, aud, role, email, phone, encrypted_password, raw_app_meta_data, raw_user_meta_data,
       is_anonymous, is_sso_user, confirmation_token, recovery_token, email_change_token_new, email_change, created_at, updated_at)
     values ('${NIL_UUID}', $1, $2, $3, $4, $5, $6, $7, $8, $9, $10, '', '', '', '', now(), now())`,
    [
      user.id,
      user.aud,
      user.role,
      user.email,
      user.phone,
      user.encryptedPassword,
      JSON.stringify(user.appMetadata),
      JSON.stringify(user.userMetadata),
      user.isAnonymous,
      user.isSsoUser ?? false,
    ],
  );
}

/** The user, or undefined. */
export async function findUser(db: Executor, id: string): Promise<AuthUser | undefined> {
  return one(db, 'u.id = $1', [id]);
}

/** The user, who must exist. */
export async function getUser(db: Executor, id: string): Promise<AuthUser> {
  const { rows } = await db.query<AuthUser>(`${SELECT_USER} where u.id = $1`, [id]);
  return onlyRow(rows);
}

/** The user, whose row stays locked until the transaction ends; undefined when he is gone. */
export async function lockUser(db: Executor, id: string): Promise<AuthUser | undefined> {
  // The lock is taken by a statement of its own: what comes after it reads what the one before us wrote.
  const locked = await db.query('select 1 from auth.users where id = $1 for update', [id]);
  return locked.rowCount === 0 ? undefined : findUser(db, id);
}

/** The user who signs in with this address; users of an SSO provider have addresses of their own. */
export async function findUserByEmail(
  db: Executor,
  email: string,
  aud: string,
): Promise<AuthUser | undefined> {
  return one(db, 'lower(u.email) = $1 and u.aud = $2 and u.is_sso_user = false', [email.toLowerCase(), aud]);
}

/** The user with this phone number (digits only). */
export async function findUserByPhone(
  db: Executor,
  phone: string,
  aud: string,
): Promise<AuthUser | undefined> {
  return one(db, 'u.phone = $1 and u.aud = $2 and u.is_sso_user = false', [phone, aud]);
}

/** The user who asked for this phone number and has not confirmed it yet. */
export async function findUserByPhoneChange(
  db: Executor,
  phone: string,
  aud: string,
): Promise<AuthUser | undefined> {
  return one(db, 'u.phone_change = $1 and u.aud = $2 and u.is_sso_user = false', [phone, aud]);
}

/**
 * Another user than `exceptId` who owns this address, by one of his identities or by his own address.
 * Identities of SSO providers do not count.
 */
export async function findEmailOwner(
  db: Executor,
  email: string,
  aud: string,
  exceptId: string | null,
): Promise<AuthUser | undefined> {
  return one(
    db,
    `u.aud = $2 and u.id is distinct from $3::uuid and (
       exists (select 1 from auth.identities i
         where i.user_id = u.id and i.email = $1 and i.provider not like 'sso:%')
       or (lower(u.email) = $1 and u.is_sso_user = false))`,
    [email.toLowerCase(), aud, exceptId],
  );
}

/** The ids of users with one of these addresses, given in lower case; users of an SSO provider do not count. */
export async function listUsersByEmail(db: Executor, emails: readonly string[]): Promise<string[]> {
  const { rows } = await db.query<{ id: string }>(
    'select id from auth.users where lower(email) = any($1::text[]) and is_sso_user = false',
    [emails],
  );
  return rows.map(({ id }) => id);
}

/** Writes columns of one user. Names come from {@link UserChanges}, never from a request. */
export async function updateUser(db: Executor, id: string, changes: UserChanges): Promise<void> {
  const entries = Object.entries(changes);
  const columns = entries.map(([column], index) => `, "${column}" = $${index + 2}`).join('');
  const values = entries.map(([, value]) => (isJson(value) ? JSON.stringify(value) : value));
  await db.query(`update auth.users set updated_at = now()${columns} where id = $1`, [id, ...values]);
}

/** Removes the user and, by cascade, all that belongs to him. */
export async function deleteUser(db: Executor, id: string): Promise<void> {
  await db.query('delete from auth.users where id = $1', [id]);
}

/** One page of users by when they were made, and how many there are. `filter` matches addresses and full names. */
export async function listUsers(
  db: Executor,
  page: { aud: string; filter: string; limit: number; offset: number; sort: 'asc' | 'desc' },
): Promise<{ users: AuthUser[]; total: number }> {
  const where = `u.aud = $1 and ($2 = '' or u.email like '%' || $2 || '%'
    or u.raw_user_meta_data ->> 'full_name' ilike '%' || $2 || '%')`;
  const counted = await db.query<{ total: string }>(
    `select count(*) as total from auth.users u where ${where}`,
    [page.aud, page.filter],
  );
  const { rows } = await db.query<AuthUser>(
    `${SELECT_USER} where ${where} order by u.created_at ${page.sort}, u.id limit $3 offset $4`,
    [page.aud, page.filter, page.limit, page.offset],
  );
  return { users: rows, total: Number(onlyRow(counted.rows).total) };
}

async function one(db: Executor, where: string, values: unknown[]): Promise<AuthUser | undefined> {
  const { rows } = await db.query<AuthUser>(`${SELECT_USER} where ${where} limit 1`, values);
  return rows[0];
}

function isJson(value: unknown): boolean {
  return typeof value === 'object' && value !== null && !(value instanceof Date);
}
