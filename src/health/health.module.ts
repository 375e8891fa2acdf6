import { Module } from '@nestjs/common';
import { SupabaseModule } from '../supabase/supabase.module.js';
import { HealthController } from './health.controller.js';

/** For load balancers and people: does it run? */
@Module({ imports: [SupabaseModule], controllers: [HealthController] })
export class HealthModule {}
