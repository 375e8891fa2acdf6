import { Injectable } from '@nestjs/common';
import { notFound } from '../platform/errors/errors.js';
import type { NewRateDto, RateChangeDto, RateDto } from './rates.dto.js';
import { RatesRepository } from './rates.repository.js';
import type { NewRate, Rate } from './rate.types.js';

/** Prices of endpoints. */
@Injectable()
export class RatesService {
  constructor(private readonly rates: RatesRepository) {}

  /** The active ones. */
  async list(): Promise<RateDto[]> {
    return (await this.rates.active()).map(toRateDto);
  }

  /** @throws AppError `conflict` when this path and method have an active rate */
  async create(rate: NewRateDto): Promise<RateDto> {
    return toRateDto(
      await this.rates.create({
        ...changesOf(rate),
        endpointPath: rate.endpoint_path,
        creditsPerRequest: rate.credits_per_request,
      }),
    );
  }

  /** @throws AppError `not_found`, or `conflict` when another active rate has this path and method */
  async change(id: number, change: RateChangeDto): Promise<RateDto> {
    return toRateDto(known(await this.rates.update(id, changesOf(change))));
  }

  /**
   * Removes a rate and answers what it was.
   * @throws AppError `not_found`
   */
  async delete(id: number): Promise<RateDto> {
    return toRateDto(known(await this.rates.delete(id)));
  }
}

function known(rate: Rate | undefined): Rate {
  if (!rate) throw notFound('There is no such rate.');
  return rate;
}

function changesOf(dto: RateChangeDto): Partial<NewRate> {
  return {
    ...(dto.endpoint_path === undefined ? {} : { endpointPath: dto.endpoint_path }),
    ...(dto.credits_per_request === undefined ? {} : { creditsPerRequest: dto.credits_per_request }),
    method: dto.method,
    description: dto.description,
    isActive: dto.is_active,
  };
}

function toRateDto(rate: Rate): RateDto {
  return {
    id: rate.id,
    endpoint_path: rate.endpointPath,
    method: rate.method,
    credits_per_request: rate.creditsPerRequest,
    description: rate.description,
    is_active: rate.isActive,
  };
}
