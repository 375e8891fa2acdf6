import { Module } from '@nestjs/common';
import { AuthModule } from '../auth/auth.module.js';
import { SupabaseModule } from '../supabase/supabase.module.js';
import { FunctionPathsController } from './function-paths.controller.js';
import { FunctionsController } from './functions.controller.js';
import { FunctionCalls } from './function-calls.service.js';

/** Edge Functions, called through the API. */
@Module({
  imports: [AuthModule, SupabaseModule],
  controllers: [FunctionsController, FunctionPathsController],
  providers: [FunctionCalls],
})
export class FunctionsModule {}
