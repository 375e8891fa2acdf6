import { Module } from '@nestjs/common';
import { AuthModule } from '../auth/auth.module.js';
import { QuotaModule } from '../credits/quota.module.js';
import { SupabaseModule } from '../supabase/supabase.module.js';
import { BroadcastController } from './broadcast/broadcast.controller.js';
import { Broadcasts } from './broadcast/broadcasts.service.js';
import { SessionRenewal } from './sessions/session-renewal.interceptor.js';
import { SessionWatch } from './sessions/session-watch.service.js';
import { SubscriptionsController } from './subscriptions/subscriptions.controller.js';
import { Subscriptions } from './subscriptions/subscriptions.service.js';

/** Channels of Supabase Realtime for clients that have no web socket: over HTTP and server-sent events. */
@Module({
  imports: [AuthModule, QuotaModule, SupabaseModule],
  controllers: [SubscriptionsController, BroadcastController],
  providers: [Subscriptions, Broadcasts, SessionWatch, SessionRenewal],
})
export class RealtimeModule {}
