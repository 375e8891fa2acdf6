import { Injectable } from '@nestjs/common';
import { refusing } from '../platform/database/constraints.js';
import { Database } from '../platform/database/database.service.js';
import { CREDITS_CONSTRAINTS } from './credits.constraints.js';
import type { NewRate, Price, Rate } from './rate.types.js';

/** The active prices as of one version of the configuration. */
export interface PriceSnapshot {
  version: number;
  prices: Price[];
}

const COLUMNS = `id, endpoint_path as "endpointPath", method, credits_per_request as "creditsPerRequest", description,
  is_active as "isActive", created_at as "createdAt", updated_at as "updatedAt"`;

/** Rates. A change raises the configuration's version in the same transaction, so that every replica learns of it. */
@Injectable()
export class RatesRepository {
  constructor(private readonly database: Database) {}

  /** Active rates, oldest first. */
  active(): Promise<Rate[]> {
    return this.database.query<Rate>(
      'rates.active',
      `select ${COLUMNS} from supanest.credit_usage_rates where is_active order by id`,
    );
  }

  /** The active prices together with the version they belong to: one statement, one snapshot. */
  async snapshot(): Promise<PriceSnapshot> {
    const [row] = await this.database.query<PriceSnapshot>(
      'rates.snapshot',
      `select c.version, coalesce(
         (select json_agg(json_build_object(
            'id', r.id, 'endpointPath', r.endpoint_path, 'method', r.method, 'creditsPerRequest', r.credits_per_request))
          from supanest.credit_usage_rates r where r.is_active), '[]') as prices
       from supanest.configuration c`,
    );
    if (!row) throw new Error('supanest.configuration has lost its row');
    return row;
  }

  /** Throws `conflict` when an active rate for the same route and method exists. */
  async create(rate: NewRate): Promise<Rate> {
    const [created] = await this.database
      .query<Rate>(
        'rates.create',
        `insert into supanest.credit_usage_rates (endpoint_path, method, credits_per_request, description, is_active)
         values ($1, $2, $3, $4, $5) returning ${COLUMNS}`,
        [
          rate.endpointPath,
          rate.method ?? null,
          rate.creditsPerRequest,
          rate.description ?? '',
          rate.isActive ?? true,
        ],
      )
      .catch(refusing(CREDITS_CONSTRAINTS));
    if (!created) throw new Error('an inserted rate was not returned');
    return created;
  }

  /** Changes what is given (`method: null` means all methods). Undefined for an unknown rate. */
  async update(id: number, changes: Partial<NewRate>): Promise<Rate | undefined> {
    const rows = await this.database
      .query<Rate>(
        'rates.update',
        `update supanest.credit_usage_rates set
           endpoint_path = coalesce($2, endpoint_path),
           method = case when $3 then $4 else method end,
           credits_per_request = coalesce($5, credits_per_request),
           description = coalesce($6, description),
           is_active = coalesce($7, is_active)
         where id = $1 returning ${COLUMNS}`,
        [
          id,
          changes.endpointPath,
          changes.method !== undefined,
          changes.method,
          changes.creditsPerRequest,
          changes.description,
          changes.isActive,
        ],
      )
      .catch(refusing(CREDITS_CONSTRAINTS));
    return rows[0];
  }

  /** The rate as it was; undefined for an unknown one. */
  async delete(id: number): Promise<Rate | undefined> {
    const rows = await this.database.query<Rate>(
      'rates.delete',
      `delete from supanest.credit_usage_rates where id = $1 returning ${COLUMNS}`,
      [id],
    );
    return rows[0];
  }
}
