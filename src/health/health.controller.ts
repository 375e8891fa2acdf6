import { Controller } from '@nestjs/common';
import { ApiTags } from '@nestjs/swagger';
import { Endpoint } from '../platform/http/endpoint.decorator.js';
import { HealthDto } from './health.dto.js';

@ApiTags('Health')
@Controller('health')
export class HealthController {
  @Endpoint('GET', '', {
    access: 'public',
    uncounted: true,
    summary: 'Is the API running?',
    answer: HealthDto,
  })
  check(): HealthDto {
    return { status: 'ok' };
  }
}
