import { Module } from '@nestjs/common';
import { SupabaseAuth } from './supabase-auth.service.js';
import { SupabaseClients } from './supabase-clients.service.js';
import { SupabaseDatabase } from './supabase-database.service.js';
import { SupabaseFunctions } from './supabase-functions.service.js';
import { SupabaseKeys } from './supabase-keys.service.js';
import { SupabaseRealtime } from './supabase-realtime.service.js';
import { SupabaseStorage } from './supabase-storage.service.js';

const services = [
  SupabaseAuth,
  SupabaseDatabase,
  SupabaseFunctions,
  SupabaseKeys,
  SupabaseRealtime,
  SupabaseStorage,
];

/** Supabase's own services, one injectable for each part. The only room that knows the upstream. */
@Module({ providers: [SupabaseClients, ...services], exports: services })
export class SupabaseModule {}
