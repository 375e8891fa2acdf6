import type { JWTPayload } from 'jose';
import type { HttpRequest } from './request/rest.request.ts';
import type { RestConfig } from './rest.config.ts';
import type { RoleSettings, Schema } from './schema/schema.cache.ts';

/** Who asks: the verified claims of his token, and the role that they name. */
export interface Caller {
  readonly role: string;
  readonly claims: JWTPayload;
}

/** All that is known of the database and of how to serve it, at one moment. */
export interface Picture {
  readonly config: RestConfig;
  readonly roles: RoleSettings;
  readonly schema: Schema;
}

export interface RestAnswer {
  readonly status: number;
  readonly statusText?: string;
  readonly headers: readonly (readonly [name: string, value: string])[];
  readonly body: string | Buffer | undefined;
}

export type Answers = (http: HttpRequest, caller: Caller) => Promise<RestAnswer>;
