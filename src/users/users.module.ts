import { Module } from '@nestjs/common';
import { CreditsModule } from '../credits/credits.module.js';
import { SupabaseModule } from '../supabase/supabase.module.js';
import { SupabaseUsersController } from './supabase-users.controller.js';
import { SupabaseUsersService } from './supabase-users.service.js';
import { UsersController } from './users.controller.js';
import { UsersRepository } from './users.repository.js';
import { UsersService } from './users.service.js';

/** Who uses the service, for themselves and for administrators. */
@Module({
  imports: [CreditsModule, SupabaseModule],
  // `supabase_users` is no id: the longer path comes first.
  controllers: [SupabaseUsersController, UsersController],
  providers: [UsersRepository, UsersService, SupabaseUsersService],
})
export class UsersModule {}
