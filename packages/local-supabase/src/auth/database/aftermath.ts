import type { Database } from '../../context.ts';
import type { Executor } from './executor.ts';

type Work = () => Promise<void>;

interface Aftermath {
  /** What waits for the end of the transaction. */
  readonly after: Work[];
  /** What was asked before it, by question. */
  readonly answers: Map<string, unknown>;
}

const running = new WeakMap<Executor, Aftermath>();

/** Leaves a transaction: a question is to be asked first. */
class AskFirst extends Error {
  readonly question: string;
  readonly ask: () => Promise<unknown>;

  constructor(question: string, ask: () => Promise<unknown>) {
    super(`To be asked first: ${question}`);
    this.question = question;
    this.ask = ask;
  }
}

/**
 * The database, with transactions in which `outside` and `afterwards` work. All connections share one backend, and a
 * transaction holds it: who asks another service meanwhile, and that one the database, waits for himself.
 */
export function withAftermath(database: Database): Database {
  return {
    pool: database.pool,
    url: database.url,
    transaction: async (work) => {
      const answers = new Map<string, unknown>();
      for (;;) {
        const after: Work[] = [];
        try {
          const result = await database.transaction((client) => {
            running.set(client, { after, answers });
            return work(client).finally(() => running.delete(client));
          });
          for (const step of after) await step();
          return result;
        } catch (error) {
          if (!(error instanceof AskFirst)) throw error;
          answers.set(error.question, await error.ask());
        }
      }
    },
  };
}

/**
 * The answer to a question that no transaction may wait for: the transaction is given up, asks, and begins again with the
 * answer. Each question is asked once.
 */
export async function outside<T>(db: Executor, question: string, ask: () => Promise<T>): Promise<T> {
  const answers = running.get(db)?.answers;
  if (answers === undefined) return ask();
  if (!answers.has(question)) throw new AskFirst(question, ask);
  return answers.get(question) as T;
}

/** Does something once the transaction is over; if it fails, so does the request, but what was written stays. */
export async function afterwards(db: Executor, work: Work): Promise<void> {
  const after = running.get(db)?.after;
  if (after === undefined) await work();
  else after.push(work);
}
