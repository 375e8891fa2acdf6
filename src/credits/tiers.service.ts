import { Injectable } from '@nestjs/common';
import { notFound } from '../platform/errors/errors.js';
import type { TierChangeDto, TierDto } from './tiers.dto.js';
import { TiersRepository, type Tier } from './tiers.repository.js';

/** What subscriptions give. */
@Injectable()
export class TiersService {
  constructor(private readonly tiers: TiersRepository) {}

  /** All tiers from least to most. */
  async list(): Promise<TierDto[]> {
    return (await this.tiers.all()).map(toTierDto);
  }

  /** @throws AppError `not_found` */
  async change(name: string, change: TierChangeDto): Promise<TierDto> {
    const tier = await this.tiers.update(name, {
      dailyRequests: change.daily_requests,
      signupCredits: change.signup_credits,
    });
    if (!tier) throw notFound('There is no such tier.');
    return toTierDto(tier);
  }
}

function toTierDto(tier: Tier): TierDto {
  return { name: tier.name, daily_requests: tier.dailyRequests, signup_credits: tier.signupCredits };
}
