import { Module } from '@nestjs/common';
import { SupabaseAuth } from './supabase-auth.service.js';
import { SupabaseClients } from './supabase-clients.service.js';
import { SupabaseDatabase } from './supabase-database.service.js';
import { SupabaseFunctions } from './supabase-functions.service.js';
import { SupabaseRealtime } from './supabase-realtime.service.js';

/** Supabase's own services, one injectable for each part. The only room that knows the upstream. */
@Module({
  providers: [SupabaseClients, SupabaseAuth, SupabaseDatabase, SupabaseFunctions, SupabaseRealtime],
  exports: [SupabaseAuth, SupabaseDatabase, SupabaseFunctions, SupabaseRealtime],
})
export class SupabaseModule {}
