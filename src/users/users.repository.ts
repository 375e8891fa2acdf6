import { Injectable } from '@nestjs/common';
import { Database } from '../platform/database/database.service.js';
import type { Queryable } from '../platform/database/queryable.types.js';
import type { Role } from './users.dto.js';

/** A profile as the API shows it. */
export interface UserRow {
  id: number;
  user_id: string;
  email: string | null;
  subscription_tier: string;
  credits_balance: number;
  role: Role;
  is_active: boolean;
  created_at: Date;
  updated_at: Date;
}

/** Which profiles. */
export interface UserFilter {
  /** In lower case, as a pattern of `like`. */
  email?: string | undefined;
  tier?: string | undefined;
}

/** What of a profile changes; what is undefined stays. */
export interface UserChange {
  subscription_tier?: string | undefined;
  role?: Role | undefined;
  is_active?: boolean | undefined;
}

const COLUMNS =
  'id, user_id, email, subscription_tier, credits_balance, role, is_active, created_at, updated_at';

const UUID_LENGTH = 36;
const LARGEST_ID = 2_147_483_647;

/** Profiles of users who exist at Supabase; those who were deleted there are not found. */
@Injectable()
export class UsersRepository {
  constructor(private readonly database: Database) {}

  async page(
    filter: UserFilter,
    page: { limit: number; offset: number },
  ): Promise<{ items: UserRow[]; total: number }> {
    const matching = `from supanest.profiles
      where deleted_at is null
        and ($1::text is null or lower(email) like $1)
        and ($2::text is null or subscription_tier = $2)`;
    const filters = [filter.email ?? null, filter.tier ?? null];
    const [items, totals] = await Promise.all([
      this.database.query<UserRow>(
        'users.page',
        `select ${COLUMNS} ${matching} order by id limit $3 offset $4`,
        [...filters, page.limit, page.offset],
      ),
      this.database.query<{ total: number }>(
        'users.total',
        `select count(*)::integer as total ${matching}`,
        filters,
      ),
    ]);
    return { items, total: totals[0]?.total ?? 0 };
  }

  /** By number or uuid; undefined when there is no such user. */
  async find(id: string, on: Queryable = this.database): Promise<UserRow | undefined> {
    const isUuid = id.length === UUID_LENGTH;
    if (!isUuid && Number(id) > LARGEST_ID) return undefined;
    const [row] = await on.query<UserRow>(
      isUuid ? 'users.by-uuid' : 'users.by-number',
      `select ${COLUMNS} from supanest.profiles
       where ${isUuid ? 'user_id' : 'id'} = $1 and deleted_at is null`,
      [id],
    );
    return row;
  }

  /**
   * Changes a profile unless that would leave no active administrator; `actor` goes into `profile_changes`.
   *
   * @returns the profile as it is then; `unknown` or `last_admin` when nothing was changed
   */
  change(actor: string, id: string, change: UserChange): Promise<UserRow | 'unknown' | 'last_admin'> {
    return this.database.transaction(async (transaction) => {
      await transaction.query('users.name-actor', `select set_config('supanest.actor', $1, true)`, [actor]);
      const known = await this.find(id, transaction);
      if (!known) return 'unknown';
      const resigns = change.role === 'user' || change.is_active === false;
      const locked = await this.lock(known.id, resigns, transaction);
      const others = locked.filter((profile) => profile.is_admin && profile.id !== known.id);
      const isAdmin = locked.some((profile) => profile.is_admin && profile.id === known.id);
      if (resigns && isAdmin && others.length === 0) return 'last_admin';
      const [changed] = await transaction.query<UserRow>(
        'users.change',
        `update supanest.profiles
         set subscription_tier = coalesce($2, subscription_tier), role = coalesce($3, role),
           is_active = coalesce($4, is_active), updated_at = now()
         where id = $1
         returning ${COLUMNS}`,
        [known.id, change.subscription_tier ?? null, change.role ?? null, change.is_active ?? null],
      );
      return changed ?? 'unknown';
    });
  }

  /**
   * Locks a profile, and all administrators where one may resign: those who demote one another at the same time wait for
   * one another. In the order of the ids, as the ledger locks too.
   */
  private lock(
    id: number,
    andAdmins: boolean,
    transaction: Queryable,
  ): Promise<{ id: number; is_admin: boolean }[]> {
    return transaction.query(
      'users.lock',
      `select id, role = 'admin' and is_active and deleted_at is null as is_admin from supanest.profiles
       where id = $1 or ($2 and role = 'admin' and is_active and deleted_at is null)
       order by id for no key update`,
      [id, andAdmins],
    );
  }
}
