import { Injectable } from '@nestjs/common';
import { SupabaseSession } from '../auth/sessions/supabase-session.service.js';
import { invalid } from '../platform/errors/errors.js';
import type { Identity } from '../platform/http/actor.js';
import { isExactNumber } from '../platform/http/exact-numbers.js';
import { JsonValue } from '../platform/http/json-value.js';
import { SupabaseDatabase } from '../supabase/supabase-database.service.js';
import type { RestFilter, Row } from '../supabase/rest.types.js';
import type { Behind } from '../supabase/supabase-clients.service.js';
import type { TableQuery } from './table-query.js';

/** Who asks, and from where. */
export interface Asker {
  identity: Identity;
  address: string;
}

/** Tables as their user sees them: each call goes with the user's own token, so row-level security holds. */
@Injectable()
export class Tables {
  constructor(
    private readonly sessions: SupabaseSession,
    private readonly database: SupabaseDatabase,
  ) {}

  async select(asker: Asker, table: string, query: TableQuery): Promise<Row[]> {
    return this.database.fetchData({ table, ...query, ...(await this.behind(asker)) });
  }

  async insert(asker: Asker, table: string, body: unknown): Promise<Row[]> {
    return this.database.insertData({ table, data: rowsIn(body), ...(await this.behind(asker)) });
  }

  async upsert(asker: Asker, table: string, body: unknown, onConflict?: string): Promise<Row[]> {
    const data = rowsIn(body);
    return this.database.upsertData({ table, data, onConflict, ...(await this.behind(asker)) });
  }

  async update(asker: Asker, table: string, body: unknown, filters: readonly RestFilter[]): Promise<Row[]> {
    const data = rowIn(body);
    return this.database.updateData({ table, data, filters, ...(await this.behind(asker)) });
  }

  async delete(asker: Asker, table: string, filters: readonly RestFilter[]): Promise<Row[]> {
    return this.database.deleteData({ table, filters, ...(await this.behind(asker)) });
  }

  async call(asker: Asker, functionName: string, body: unknown): Promise<JsonValue> {
    const params = body === undefined || body === null ? {} : rowIn(body);
    return new JsonValue(
      await this.database.callFunction({ functionName, params, ...(await this.behind(asker)) }),
    );
  }

  private async behind({ identity, address }: Asker): Promise<Behind> {
    return { authToken: await this.sessions.accessTokenOf(identity), address };
  }
}

const isRow = (value: unknown): value is Row =>
  typeof value === 'object' && value !== null && !Array.isArray(value) && !isExactNumber(value);

function rowIn(body: unknown): Row {
  if (isRow(body)) return body;
  throw invalid('A JSON object is expected.');
}

function rowsIn(body: unknown): Row | Row[] {
  if (isRow(body) || (Array.isArray(body) && body.every(isRow))) return body;
  throw invalid('A row (a JSON object) or an array of rows is expected.');
}
