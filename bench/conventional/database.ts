import { Injectable, type OnApplicationShutdown } from '@nestjs/common';
import pg from 'pg';

export interface User {
  id: number;
  user_id: string;
  is_active: boolean;
}

/** One pool for the application. */
@Injectable()
export class Database implements OnApplicationShutdown {
  private readonly pool = new pg.Pool({ connectionString: process.env.DATABASE_URL, max: 20 });

  async findUser(userId: string): Promise<User | undefined> {
    const { rows } = await this.pool.query<User>('select * from conventional.users where user_id = $1', [
      userId,
    ]);
    return rows[0];
  }

  async findRate(path: string): Promise<number> {
    const { rows } = await this.pool.query<{ credits: number }>(
      'select credits from conventional.rates where endpoint_path = $1',
      [path],
    );
    return rows[0]?.credits ?? 0;
  }

  /** Takes credits in a transaction of its own; false when there are not enough. */
  async charge(userId: number, credits: number, path: string): Promise<boolean> {
    const client = await this.pool.connect();
    try {
      await client.query('begin');
      const { rows } = await client.query<{ credits: number }>(
        'select credits from conventional.users where id = $1 for update',
        [userId],
      );
      if ((rows[0]?.credits ?? 0) < credits) {
        await client.query('rollback');
        return false;
      }
      await client.query('update conventional.users set credits = credits - $2 where id = $1', [
        userId,
        credits,
      ]);
      await client.query(
        'insert into conventional.transactions (user_id, amount, endpoint) values ($1, $2, $3)',
        [userId, -credits, path],
      );
      await client.query('commit');
      return true;
    } catch (error) {
      await client.query('rollback');
      throw error;
    } finally {
      client.release();
    }
  }

  onApplicationShutdown(): Promise<void> {
    return this.pool.end();
  }
}
