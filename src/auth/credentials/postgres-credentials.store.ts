import { Database } from '../../platform/database/database.service.js';
import { CredentialsStore, type Credentials } from './credentials.types.js';
import { open, seal, type SealedCredentials } from './sealed-credentials.js';

/** Keeps sessions in the service's own schema, encrypted: shared by all replicas, and still there after a restart. */
export class PostgresCredentialsStore extends CredentialsStore {
  constructor(
    private readonly database: Database,
    /** 32 bytes. */
    private readonly key: Buffer,
  ) {
    super();
  }

  async get(id: string): Promise<Credentials | null> {
    const [row] = await this.database.query<{ data: SealedCredentials }>(
      'credentials_get',
      'select data from supanest.credentials where id = $1',
      [id],
    );
    return row ? open(this.key, id, row.data) : null;
  }

  async set(id: string, data: Credentials): Promise<void> {
    await this.database.query(
      'credentials_set',
      `insert into supanest.credentials (id, data) values ($1, $2)
       on conflict (id) do update set data = excluded.data`,
      [id, JSON.stringify(seal(this.key, id, data))],
    );
  }

  async update(id: string, accessToken: string): Promise<void> {
    await this.database.transaction(async (transaction) => {
      const [row] = await transaction.query<{ data: SealedCredentials }>(
        'credentials_lock',
        'select data from supanest.credentials where id = $1 for update',
        [id],
      );
      const present = row && open(this.key, id, row.data);
      if (!present) return;
      await transaction.query(
        'credentials_update',
        'update supanest.credentials set data = $2 where id = $1',
        [id, JSON.stringify(seal(this.key, id, { ...present, accessToken }))],
      );
    });
  }

  async delete(id: string): Promise<void> {
    await this.database.query('credentials_delete', 'delete from supanest.credentials where id = $1', [id]);
  }
}
