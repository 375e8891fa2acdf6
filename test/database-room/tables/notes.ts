import { Caller, signUp } from '../../harness/caller.js';
import { sql } from '../../harness/database.js';
import { resourceOf, type Representation } from '../../harness/representations.js';
import type { SharedApi } from '../../harness/shared-api.js';

/** A row of the table that the seed makes. */
export interface Note {
  id: number;
  owner: string;
  body: string;
  created_at: string;
}

/** Two users and their rows in the table `notes`: Ada's are milk and bread, Bob has none. */
export class Notes {
  /** Of the representation. */
  readonly prefix: string;
  /** Where the rows are. */
  readonly path: string;
  /** The status of what is refused as invalid. */
  readonly invalid: number;
  private users: [ada: Caller, bob: Caller] | undefined;
  private milk: Note | undefined;

  constructor(
    readonly api: SharedApi,
    { prefix, invalid }: Representation,
  ) {
    this.prefix = prefix;
    this.path = `${prefix}/database/notes`;
    this.invalid = invalid;
  }

  async start(): Promise<void> {
    this.users = await Promise.all([signUp(this.api.url), signUp(this.api.url)]);
    await sql("update supanest.profiles set subscription_tier = 'enterprise' where user_id = any($1)", [
      this.users.map(({ user }) => user?.id),
    ]);
  }

  /** As it was, before each test. */
  async begin(): Promise<void> {
    await sql('delete from public.notes where owner = any($1)', [this.users?.map(({ user }) => user?.id)]);
    const answer = await this.ada.post(this.path, [{ body: 'milk' }, { body: 'bread' }]);
    [this.milk] = resourceOf<[Note, Note]>(answer);
  }

  get ada(): Caller {
    return started(this.users)[0];
  }

  get bob(): Caller {
    return started(this.users)[1];
  }

  /** Ada's first row. */
  get first(): Note {
    return started(this.milk);
  }
}

function started<T>(value: T | undefined): T {
  if (value === undefined) throw new Error('not started');
  return value;
}
