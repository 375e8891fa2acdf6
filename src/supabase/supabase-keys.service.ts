import { createHash, timingSafeEqual } from 'node:crypto';
import { Injectable } from '@nestjs/common';
import { LRUCache } from 'lru-cache';
import { SupabaseConfig } from '../platform/config/config.js';
import { unavailable } from '../platform/errors/errors.js';
import { SupabaseClients } from './supabase-clients.service.js';

/** A key of Supabase: `sb_publishable_…`, `sb_secret_…`, or a legacy one, which is a JWT. */
const KEY = /^(sb_(publishable|secret)_[\w-]{10,200}|[\w-]{2,200}\.[\w-]{2,1000}\.[\w-]{2,1000})$/;

/** A project changes its keys rarely, and whoever asks twice gets the answer of a moment ago. */
const REMEMBERED_MS = 60_000;
/** Questions under way at Supabase: more of them are refused rather than passed on. */
const MOST_QUESTIONS = 8;

/** Which keys are of the Supabase behind this API: a project has several at once, of both kinds. */
@Injectable()
export class SupabaseKeys {
  private readonly answers = new LRUCache<string, Promise<boolean>>({ max: 200, ttl: REMEMBERED_MS });
  private questions = 0;

  constructor(
    private readonly config: SupabaseConfig,
    private readonly clients: SupabaseClients,
  ) {}

  /**
   * Whether Supabase takes this key. Those we are configured with are known; Supabase is asked about others.
   * @throws AppError `unavailable` when it cannot be asked
   */
  async isKnown(key: string): Promise<boolean> {
    if ([this.config.key, this.config.secretKey].some((own) => isSame(own, key))) return true;
    if (!KEY.test(key)) return false;
    // Not the key itself: nothing of this size keeps somebody's secrets.
    const name = digestOf(key).toString('base64');
    const answer = this.answers.get(name) ?? this.ask(key);
    this.answers.set(name, answer, { noUpdateTTL: true });
    answer.catch(() => this.answers.delete(name));
    return answer;
  }

  private async ask(key: string): Promise<boolean> {
    if (this.questions >= MOST_QUESTIONS) throw unavailable();
    this.questions += 1;
    try {
      const answer = await this.clients.fetch(`${this.clients.authUrl}/settings`, {
        headers: { apikey: key },
      });
      await answer.body?.cancel();
      if (answer.ok) return true;
      if (answer.status === 401 || answer.status === 403) return false;
      throw new Error(`Supabase answered ${String(answer.status)}`);
    } catch (cause) {
      throw unavailable(undefined, { cause });
    } finally {
      this.questions -= 1;
    }
  }
}

const digestOf = (key: string): Buffer => createHash('sha256').update(key).digest();

const isSame = (one: string, other: string): boolean => timingSafeEqual(digestOf(one), digestOf(other));
