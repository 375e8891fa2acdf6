import { Module } from '@nestjs/common';
import { CreditsModule } from '../credits/credits.module.js';
import { UsersController } from './users.controller.js';
import { UsersRepository } from './users.repository.js';
import { UsersService } from './users.service.js';

/** Who uses the service, for themselves and for administrators. */
@Module({
  imports: [CreditsModule],
  controllers: [UsersController],
  providers: [UsersRepository, UsersService],
})
export class UsersModule {}
