/** This API as `main.ts` starts it, with a room of routes that do nothing but pass its guards. */
import { Controller, Module } from '@nestjs/common';
import { ApiProperty, ApiTags } from '@nestjs/swagger';
import { createApp } from '../../../src/app.setup.js';
import { loadConfig } from '../../../src/platform/config/load-config.js';
import { Endpoint } from '../../../src/platform/http/endpoint.decorator.js';
import { listen } from '../../../src/platform/load/listening-sockets.js';
import { createLogger } from '../../../src/platform/logging/logger.js';
import { announce } from './announce.js';

class StatusDto {
  @ApiProperty({ description: 'Always `ok`.', example: 'ok' })
  status!: string;
}

@ApiTags('Health')
@Controller('bench')
class BenchController {
  @Endpoint('GET', 'authenticated', {
    access: 'user',
    uncounted: true,
    summary: 'Asks for a token and a user who may be here, and counts nothing.',
    answer: StatusDto,
  })
  benchAuthenticated(): StatusDto {
    return { status: 'ok' };
  }

  @Endpoint('GET', 'counted', {
    access: 'user',
    summary: 'Counts against the quota, and has no rate.',
    answer: StatusDto,
  })
  benchCounted(): StatusDto {
    return { status: 'ok' };
  }

  @Endpoint('GET', 'metered', { access: 'user', summary: 'Counts, and has a rate.', answer: StatusDto })
  benchMetered(): StatusDto {
    return { status: 'ok' };
  }
}

@Module({ controllers: [BenchController] })
class BenchModule {}

const config = loadConfig(process.env);
const app = await createApp(config, createLogger(config.log.level), { guests: [BenchModule] });
await listen(app, config.http);
announce(await app.getUrl());
