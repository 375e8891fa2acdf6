import type { Queryable } from '../platform/database/queryable.types.js';

/** Somebody who is or may become an administrator. */
export interface Candidate {
  id: number;
  user_id: string;
  email: string | null;
  role: 'user' | 'admin';
  is_active: boolean;
}

const COLUMNS = 'id, user_id, email, role, is_active';

/** The admin role in the database, for `npm run admin`. */
export class AdminsRepository {
  constructor(private readonly database: Queryable) {}

  /** Who has this e-mail address, in capitals or not, or this uuid; with Supabase's SSO that may be several. */
  async find(emailOrUuid: string): Promise<Candidate[]> {
    // Somebody whose profile could not be made when he signed up gets it now.
    await this.database.query(
      'admins.ensure-profiles',
      `select supanest.ensure_profiles(array(
         select id from auth.users where lower(email) = lower($1) or id::text = lower($1)
       ))`,
      [emailOrUuid],
    );
    return this.database.query<Candidate>(
      'admins.find',
      `select ${COLUMNS} from supanest.profiles
       where deleted_at is null and (lower(email) = lower($1) or user_id::text = lower($1))
       order by id`,
      [emailOrUuid],
    );
  }

  async setRole(id: number, role: Candidate['role']): Promise<void> {
    await this.database.query(
      'admins.set-role',
      'update supanest.profiles set role = $2, updated_at = now() where id = $1',
      [id, role],
    );
  }

  list(): Promise<Candidate[]> {
    return this.database.query<Candidate>(
      'admins.list',
      `select ${COLUMNS} from supanest.profiles where role = 'admin' and deleted_at is null order by id`,
    );
  }
}
