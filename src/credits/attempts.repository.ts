import { Injectable } from '@nestjs/common';
import { createHash } from 'node:crypto';
import { Database } from '../platform/database/database.service.js';

/** One thing to be limited: an address, an e-mail. */
export interface AttemptKey {
  /** What is limited, such as `login:email:ann@example.com`. Only its hash is stored. */
  key: string;
  /** Attempts per window. */
  limit: number;
  windowSeconds: number;
}

/** Whether an attempt may be made. */
export interface AttemptVerdict {
  allowed: boolean;
  /** Seconds until the last of the exceeded windows ends; 0 when allowed. */
  retryAfter: number;
}

/** Limits against guessing, shared by all replicas. */
@Injectable()
export class AttemptsRepository {
  constructor(private readonly database: Database) {}

  /** Counts one attempt for each key. Allowed when none of them is over its limit. */
  async count(keys: readonly AttemptKey[]): Promise<AttemptVerdict> {
    const rows = await this.database.query<{ allowed: boolean; retry_after: number }>(
      'attempts.count',
      'select allowed, retry_after from supanest.attempt($1, $2, $3)',
      [
        keys.map(({ key }) => createHash('sha256').update(key).digest('base64url')),
        keys.map(({ limit }) => limit),
        keys.map(({ windowSeconds }) => windowSeconds),
      ],
    );
    const exceeded = rows.filter(({ allowed }) => !allowed);
    return {
      allowed: exceeded.length === 0,
      retryAfter: Math.max(0, ...exceeded.map(({ retry_after }) => retry_after)),
    };
  }
}
