import { Injectable } from '@nestjs/common';
import { refusing } from '../platform/database/constraints.js';
import { Database } from '../platform/database/database.service.js';
import { CREDITS_CONSTRAINTS } from './credits.constraints.js';

/** What a subscription gives. */
export interface Tier {
  name: string;
  /** Requests per UTC day. */
  dailyRequests: number;
  /** Granted once to a new profile. */
  signupCredits: number;
}

const COLUMNS = 'name, daily_requests as "dailyRequests", signup_credits as "signupCredits"';

/** Tiers. The limits are read where requests are admitted, so a change holds for the next request everywhere. */
@Injectable()
export class TiersRepository {
  constructor(private readonly database: Database) {}

  /** All tiers, `anonymous` among them, from least to most. */
  all(): Promise<Tier[]> {
    return this.database.query<Tier>('tiers.all', `select ${COLUMNS} from supanest.tiers order by position`);
  }

  /** Changes what is given. Undefined for an unknown tier. */
  async update(
    name: string,
    changes: { dailyRequests?: number | undefined; signupCredits?: number | undefined },
  ): Promise<Tier | undefined> {
    const rows = await this.database
      .query<Tier>(
        'tiers.update',
        `update supanest.tiers set
           daily_requests = coalesce($2, daily_requests),
           signup_credits = coalesce($3, signup_credits)
         where name = $1 returning ${COLUMNS}`,
        [name, changes.dailyRequests, changes.signupCredits],
      )
      .catch(refusing(CREDITS_CONSTRAINTS));
    return rows[0];
  }
}
