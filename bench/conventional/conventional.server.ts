import { Controller, Get, Module, UseGuards, UseInterceptors } from '@nestjs/common';
import { APP_GUARD, NestFactory } from '@nestjs/core';
import { AuthGuard, PassportModule } from '@nestjs/passport';
import { ThrottlerGuard, ThrottlerModule } from '@nestjs/throttler';
import { announce } from '../hot-path/servers/announce.js';
import { CreditsInterceptor } from './credits.interceptor.js';
import { Database } from './database.js';
import { JwtStrategy } from './jwt.strategy.js';

@Controller('api/bench')
@UseGuards(AuthGuard('jwt'))
@UseInterceptors(CreditsInterceptor)
class BenchController {
  @Get('metered')
  metered(): { status: string } {
    return { status: 'ok' };
  }
}

@Module({
  imports: [PassportModule, ThrottlerModule.forRoot([{ ttl: 86_400_000, limit: 1_000_000_000 }])],
  controllers: [BenchController],
  providers: [Database, JwtStrategy, CreditsInterceptor, { provide: APP_GUARD, useClass: ThrottlerGuard }],
})
class BenchModule {}

const app = await NestFactory.create(BenchModule, { logger: false });
await app.listen(0, '127.0.0.1');
announce(await app.getUrl());
