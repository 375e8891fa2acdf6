import type { Media } from '../request/media.types.ts';
import type { RestRequest } from '../request/rest.request.ts';
import type { Caller, Picture } from '../rest.types.ts';
import type { Sql } from '../sql/sql.ts';
import type { AnswerParts } from '../sql/answer.sql.ts';
import type { TransactionOptions } from '../transaction.ts';

/** One request, with all that is needed to plan it. */
export interface Asked {
  readonly request: RestRequest;
  readonly picture: Picture;
  readonly caller: Caller;
}

/** What one answering statement found. */
export interface Found {
  /** All rows, where they were counted. */
  readonly total: number | undefined;
  /** Rows in the body. */
  readonly page: number;
  readonly body: string;
  /** Rows that were new, of an insert. */
  readonly inserted: number | undefined;
}

/** A request made ready: the statement, and how its outcome is answered. */
export interface Action {
  readonly parts: AnswerParts;
  readonly transaction: TransactionOptions;
  /** The planner is asked how many rows there are: always, or where more than this were counted. */
  readonly estimated?: { readonly counted: Sql; readonly beyond?: number };
  readonly media: Media;
  /** @throws RestError where the outcome is not what was asked for: then everything is undone */
  readonly check?: (found: Found) => void;
  readonly answer: (found: Found) => ActionAnswer;
}

export interface ActionAnswer {
  readonly status: number;
  readonly headers: readonly (readonly [name: string, value: string])[];
  /** False for an answer without a body. */
  readonly hasBody: boolean;
}
