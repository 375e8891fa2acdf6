import { Injectable, Logger } from '@nestjs/common';
import { CreditsService } from '../credits/credits.service.js';
import { refusing } from '../platform/database/constraints.js';
import type { AppError } from '../platform/errors/app-error.js';
import { conflict, invalidFields, notFound, unauthenticated } from '../platform/errors/errors.js';
import type { Actor } from '../platform/http/actor.js';
import type { CountedPage } from '../platform/http/pages.js';
import type { AddCreditsDto, CreditsAddedDto, UserChangeDto, UserDto, UsersQuery } from './users.dto.js';
import { UsersRepository, type UserRow } from './users.repository.js';

/** Somebody has to be able to make administrators. */
export const lastAdmin = (): AppError =>
  conflict('This is the last active administrator. Make somebody else one first.');

const unknownTier = (): ReturnType<typeof invalidFields> =>
  invalidFields([{ field: 'subscription_tier', message: 'subscription_tier must be the name of a tier' }]);

/** Users as the service knows them: who they are, which tier, role and balance they have. */
@Injectable()
export class UsersService {
  private readonly logger = new Logger(UsersService.name);

  constructor(
    private readonly users: UsersRepository,
    private readonly credits: CreditsService,
  ) {}

  /** All users in the order in which they came. */
  async list({ email, tier, limit, offset }: UsersQuery): Promise<CountedPage<UserDto>> {
    const filter = { email: email === undefined ? undefined : asLikePattern(email), tier };
    const { items, total } = await this.users.page(filter, { limit, offset });
    return { items: items.map(toUser), total };
  }

  /** The actor. @throws AppError `authentication` when they were deleted a moment ago */
  async me({ id }: Actor): Promise<UserDto> {
    const user = await this.users.find(String(id));
    if (!user) throw unauthenticated();
    return toUser(user);
  }

  /**
   * @param id - number or uuid
   * @throws AppError `not_found`
   */
  async get(id: string): Promise<UserDto> {
    const user = await this.users.find(id);
    if (!user) throw notFound('There is no such user.');
    return toUser(user);
  }

  /**
   * Changes tier, role or activity; holds from the user's next request on, as every request asks the database.
   *
   * @throws AppError `not_found`, `validation` for a tier that does not exist, `conflict` for the last administrator
   */
  async change(actor: Actor, id: string, change: UserChangeDto): Promise<UserDto> {
    const changed = await this.users.change(actor.userId, id, change).catch(
      refusing({
        profiles_subscription_tier_exists: unknownTier,
        profiles_subscription_tier_is_for_users: unknownTier,
      }),
    );
    if (changed === 'unknown') throw notFound('There is no such user.');
    if (changed === 'last_admin') {
      throw lastAdmin();
    }
    this.logger.log({ msg: 'user changed', actor_id: actor.id, user_id: changed.id });
    return toUser(changed);
  }

  /**
   * Adds credits as one ledger row that names the administrator.
   *
   * @throws AppError `not_found`, `validation` when the balance would exceed what a number holds exactly
   */
  async addCredits(
    actor: Actor,
    id: string,
    { amount, reason }: AddCreditsDto,
    requestId: string,
  ): Promise<CreditsAddedDto> {
    const user = await this.get(id);
    const balance = await this.credits.grant(actor, user.id, { amount, reason, requestId });
    return {
      message: `Added ${String(amount)} credits to ${user.username}'s account`,
      new_balance: balance,
    };
  }
}

/** `*` stands for anything; what means something to `like` is taken literally. */
function asLikePattern(email: string): string {
  return email
    .toLowerCase()
    .replace(/[\\%_]/g, (sign) => `\\${sign}`)
    .replaceAll('*', '%');
}

function toUser(row: UserRow): UserDto {
  return {
    id: row.id,
    username: row.user_id,
    email: row.email,
    profile: {
      supabase_uid: row.user_id,
      subscription_tier: row.subscription_tier,
      credits_balance: row.credits_balance,
      created_at: row.created_at,
      updated_at: row.updated_at,
    },
  };
}
