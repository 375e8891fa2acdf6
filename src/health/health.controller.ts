import { timingSafeEqual } from 'node:crypto';
import { Controller, Headers } from '@nestjs/common';
import { ApiHeader, ApiTags } from '@nestjs/swagger';
import { SupabaseConfig } from '../platform/config/config.js';
import { unauthenticated } from '../platform/errors/errors.js';
import { Endpoint } from '../platform/http/endpoint.decorator.js';
import { HealthDto } from './health.dto.js';

@ApiTags('Health')
@Controller('health')
export class HealthController {
  constructor(private readonly supabase: SupabaseConfig) {}

  @ApiHeader({
    name: 'apikey',
    required: false,
    description:
      'A key of this API’s Supabase. Sent, it is checked: clients find out early that theirs is wrong.',
    example: 'sb_publishable_ACJWlzQHlZjBrEguHvfOxg_3BJgxAaH',
  })
  @Endpoint('GET', '', {
    access: 'public',
    uncounted: true,
    summary: 'Is the API running?',
    answer: HealthDto,
    refusals: ['authentication'],
  })
  check(@Headers('apikey') key: string | undefined): HealthDto {
    if (key !== undefined && !this.knows(key))
      throw unauthenticated('This is no key of the Supabase behind here.');
    return { status: 'ok' };
  }

  private knows(key: string): boolean {
    return [this.supabase.key, this.supabase.secretKey].some((known) => isSame(known, key));
  }
}

function isSame(one: string, other: string): boolean {
  const [first, second] = [Buffer.from(one), Buffer.from(other)];
  return first.length === second.length && timingSafeEqual(first, second);
}
