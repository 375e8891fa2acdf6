import { Controller, Headers } from '@nestjs/common';
import { ApiHeader, ApiTags } from '@nestjs/swagger';
import { unauthenticated } from '../platform/errors/errors.js';
import { Endpoint } from '../platform/http/endpoint.decorator.js';
import { SupabaseKeys } from '../supabase/supabase-keys.service.js';
import { HealthDto } from './health.dto.js';

@ApiTags('Health')
@Controller('health')
export class HealthController {
  constructor(private readonly keys: SupabaseKeys) {}

  @ApiHeader({
    name: 'apikey',
    required: false,
    description:
      'A key of this API’s Supabase, of either kind. Sent, it is checked: clients find out early that theirs is wrong.',
    example: 'sb_publishable_ACJWlzQHlZjBrEguHvfOxg_3BJgxAaH',
  })
  @Endpoint('GET', '', {
    access: 'public',
    uncounted: true,
    summary: 'Is the API running?',
    answer: HealthDto,
    refusals: ['authentication', 'upstream'],
  })
  async check(@Headers('apikey') key: string | undefined): Promise<HealthDto> {
    if (key !== undefined && !(await this.keys.isKnown(key)))
      throw unauthenticated('This is no key of the Supabase behind here.');
    return { status: 'ok' };
  }
}
