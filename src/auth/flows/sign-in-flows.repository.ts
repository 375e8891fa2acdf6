import { createHash } from 'node:crypto';
import { Injectable } from '@nestjs/common';
import { Database } from '../../platform/database/database.service.js';
import type { SignInFlow } from './sign-in-flow.types.js';

interface Row {
  code_verifier: string;
  redirect_url: string | null;
  user_id: string | null;
}

/** Sign-ins under way: in Postgres, so that the browser may come back to any replica, and only once to all of them. */
@Injectable()
export class SignInFlowsRepository {
  constructor(private readonly database: Database) {}

  /** Keeps a flow for `lifetimeSeconds` under the state that its browser has; what has expired goes. */
  async add(state: string, flow: SignInFlow, lifetimeSeconds: number): Promise<void> {
    await this.database.query(
      'sign_in_flow_add',
      `with expired as (
         delete from supanest.sign_in_flows where id in (
           select id from supanest.sign_in_flows where expires_at < now() limit 100 for update skip locked)
       )
       insert into supanest.sign_in_flows (id, code_verifier, redirect_url, user_id, expires_at)
       values ($1, $2, $3, $4, now() + make_interval(secs => $5))`,
      [idOf(state), flow.codeVerifier, flow.redirectUrl, flow.userId, lifetimeSeconds],
    );
  }

  /** The flow of a state, which is used up by it; null when there is none, it was used, or it has expired. */
  async take(state: string): Promise<SignInFlow | null> {
    const [row] = await this.database.query<Row & { alive: boolean }>(
      'sign_in_flow_take',
      `delete from supanest.sign_in_flows where id = $1
       returning code_verifier, redirect_url, user_id, expires_at > now() as alive`,
      [idOf(state)],
    );
    if (!row?.alive) return null;
    return { codeVerifier: row.code_verifier, redirectUrl: row.redirect_url, userId: row.user_id };
  }
}

const idOf = (state: string): Buffer => createHash('sha256').update(state).digest();
