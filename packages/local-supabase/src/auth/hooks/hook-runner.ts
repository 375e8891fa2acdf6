import type { PoolClient } from 'pg';
import type { Database } from '../../context.ts';
import { afterwards } from '../database/aftermath.ts';
import type { Executor } from '../database/executor.ts';
import { AuthError } from '../errors/auth-error.ts';
import { refuse } from '../errors/catalogue.ts';
import type { Hook, HookConfig, HookName } from './hook-config.ts';
import { callHttpHook, type Patience } from './http-hook.ts';
import { callPostgresHook } from './postgres-hook.ts';

/** What a hook has answered: an object, empty where it had nothing to say. */
export type HookAnswer = Readonly<Record<string, unknown>>;

/** Calls the hooks of a project: functions of its database, or services elsewhere. */
export class HookRunner {
  readonly #hooks: HookConfig;
  readonly #database: Database;
  readonly #patience: Patience | undefined;

  constructor(hooks: HookConfig, database: Database, patience?: Patience) {
    this.#hooks = hooks;
    this.#database = database;
    this.#patience = patience;
  }

  has(name: HookName): boolean {
    return this.#hooks.has(name);
  }

  /** True for a hook that no transaction may wait for. */
  isElsewhere(name: HookName): boolean {
    return this.#hooks.get(name)?.kind === 'http';
  }

  /** Asks a hook outside of any transaction, or, where it is a function, in `tx`. */
  async ask(name: HookName, input: object, tx?: Executor): Promise<HookAnswer> {
    const hook = this.#hooks.get(name);
    if (hook === undefined) return {};
    const answer = await this.#call(hook, input, tx).catch((cause: unknown) => {
      throw Object.assign(refuse.unexpected(`Error running hook URI: ${hook.uri}`), { cause });
    });
    return checked(answer);
  }

  /** Asks a function at once, in the transaction, and a service when the transaction is over. */
  async askIn(
    tx: Executor,
    name: HookName,
    input: object,
    use: (answer: HookAnswer) => void | Promise<void> = () => undefined,
  ): Promise<void> {
    if (this.isElsewhere(name)) {
      await afterwards(tx, async () => use(await this.ask(name, input)));
    } else {
      await use(await this.ask(name, input, tx));
    }
  }

  #call(hook: Hook, input: object, tx: Executor | undefined): Promise<unknown> {
    if (hook.kind === 'http') return callHttpHook(hook, input, this.#patience);
    if (tx !== undefined) return callPostgresHook(tx, hook, input);
    return this.#database.transaction((own: PoolClient) => callPostgresHook(own, hook, input));
  }
}

/** The answer, unless it is a refusal: `{"error": {"http_code", "message"}}`. */
function checked(answer: unknown): HookAnswer {
  const known = typeof answer === 'object' && answer !== null ? (answer as HookAnswer) : {};
  const { message, http_code: status } = (known.error ?? {}) as HookAnswer;
  if (typeof message !== 'string' || message === '') return known;
  const code = typeof status === 'number' && status >= 400 && status <= 599 ? status : 500;
  throw new AuthError(code, code === 500 ? 'unexpected_failure' : 'unknown', message);
}
