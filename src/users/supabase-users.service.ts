import { Injectable } from '@nestjs/common';
import type { Actor } from '../platform/http/actor.js';
import type { CountedPage } from '../platform/http/pages.js';
import { SupabaseAuth } from '../supabase/supabase-auth.service.js';
import type { SupabaseIdentity, SupabaseUser, SupabaseUserChanges } from '../supabase/supabase.types.js';
import type {
  NewSupabaseUserDto,
  SupabaseUserChangeDto,
  SupabaseUserDataDto,
} from './supabase-user-changes.dto.js';
import type { SupabaseUsersQuery } from './supabase-users.dto.js';
import { UsersRepository } from './users.repository.js';
import { lastAdmin } from './users.service.js';

/** Supabase's users, with the secret key: every caller is an administrator of this service. */
@Injectable()
export class SupabaseUsersService {
  constructor(
    private readonly supabase: SupabaseAuth,
    private readonly users: UsersRepository,
  ) {}

  async list({ page, per_page }: SupabaseUsersQuery): Promise<CountedPage<SupabaseUser>> {
    const { users, total } = await this.supabase.listUsers({ page, perPage: per_page });
    return { items: users, total };
  }

  /** @throws AppError `validation` for a duplicate or a password that Supabase finds weak */
  create({ email, password, user_metadata }: NewSupabaseUserDto): Promise<SupabaseUser> {
    return this.supabase.createUser({ email, password, userMetadata: user_metadata });
  }

  /** @throws AppError `not_found` */
  get(userId: string): Promise<SupabaseUser> {
    return this.supabase.getUser({ userId });
  }

  /** @throws AppError `not_found`, `validation` for what Supabase does not take */
  change(userId: string, change: SupabaseUserChangeDto): Promise<SupabaseUser> {
    const userData = { ...fieldsOf(change), ...fieldsOf(change.user_data ?? {}) };
    return this.supabase.updateUser({ userId, userData });
  }

  /**
   * The profile is retired by the database itself. An administrator is switched off before: of two who delete one another
   * at the same time, the second then is the last one.
   * @throws AppError `not_found`, `conflict` for the last active administrator
   */
  async delete(actor: Actor, userId: string): Promise<void> {
    const user = await this.users.find(userId);
    if (user?.role !== 'admin' || !user.is_active) {
      await this.supabase.deleteUser({ userId });
      return;
    }
    if ((await this.users.change(actor.userId, userId, { is_active: false })) === 'last_admin')
      throw lastAdmin();
    try {
      await this.supabase.deleteUser({ userId });
    } catch (error) {
      // Where Supabase did delete them, and only did not say so, there is nobody to be switched on again.
      await this.users.change(actor.userId, userId, { is_active: true });
      throw error;
    }
  }

  /** @throws AppError `not_found` */
  identities(userId: string): Promise<SupabaseIdentity[]> {
    return this.supabase.getUserIdentities({ userId });
  }
}

/** What is set, without what is not: an undefined field would be sent as one to be cleared. */
function fieldsOf({
  email,
  password,
  email_confirm,
  user_metadata,
  app_metadata,
  ban_duration,
}: SupabaseUserDataDto): SupabaseUserChanges {
  const fields = { email, password, email_confirm, user_metadata, app_metadata, ban_duration };
  return Object.fromEntries(Object.entries(fields).filter(([, value]) => value !== undefined));
}
