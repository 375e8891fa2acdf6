import { Injectable } from '@nestjs/common';
import { SupabaseSession } from '../auth/sessions/supabase-session.service.js';
import type { StorageCaller } from '../supabase/supabase-storage.types.js';
import type { VisitorOfStorage } from './visitor.decorator.js';

/** Whoever asks us, as whoever asks Supabase. */
@Injectable()
export class StorageCallers {
  constructor(private readonly session: SupabaseSession) {}

  /** @throws AppError `authentication` when the session behind the token is gone */
  async of({ identity, address }: VisitorOfStorage): Promise<StorageCaller> {
    return { authToken: await this.session.accessTokenOf(identity), address };
  }
}
