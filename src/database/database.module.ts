import { Module } from '@nestjs/common';
import { AuthModule } from '../auth/auth.module.js';
import { SupabaseModule } from '../supabase/supabase.module.js';
import { DatabaseFunctionsController } from './database-functions.controller.js';
import { TablesController } from './tables.controller.js';
import { Tables } from './tables.service.js';

/** The user's own rows at Supabase, over REST. */
@Module({
  imports: [AuthModule, SupabaseModule],
  controllers: [DatabaseFunctionsController, TablesController],
  providers: [Tables],
})
export class DatabaseRoomModule {}
