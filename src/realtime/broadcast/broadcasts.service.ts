import { Injectable } from '@nestjs/common';
import { SupabaseSession } from '../../auth/sessions/supabase-session.service.js';
import type { Identity } from '../../platform/http/actor.js';
import { SupabaseRealtime } from '../../supabase/supabase-realtime.service.js';
import type { BroadcastBody, BroadcastDto } from './broadcast.dto.js';

/** Sends messages to channels, as their caller. */
@Injectable()
export class Broadcasts {
  constructor(
    private readonly realtime: SupabaseRealtime,
    private readonly supabaseSession: SupabaseSession,
  ) {}

  /** @throws AppError as `SupabaseRealtime.broadcastMessage` */
  async send(
    identity: Identity,
    channel: string,
    body: BroadcastBody,
    address: string,
  ): Promise<BroadcastDto> {
    const authToken = await this.supabaseSession.accessTokenOf(identity);
    const { event, payload, private: isPrivate } = body;
    await this.realtime.broadcastMessage({ channel, event, payload, private: isPrivate, authToken, address });
    return { channel, event };
  }
}
