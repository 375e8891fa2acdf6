import type { AuthorizationRepository, Extension, PolicyQuestion } from './authorization.repository.ts';
import { cannotRead } from '../errors.ts';

/**
 * What the owner of one private channel may do. Answers are kept until his token changes, as Realtime keeps them: a
 * policy is not asked for every message.
 */
export class ChannelPolicies {
  readonly #repository: AuthorizationRepository;
  readonly #question: PolicyQuestion;
  readonly #answers = new Map<string, Promise<boolean>>();

  constructor(repository: AuthorizationRepository, question: PolicyQuestion) {
    this.#repository = repository;
    this.#question = question;
  }

  /** May he receive? A policy that fails says no. */
  mayRead(extension: Extension): Promise<boolean> {
    return this.#remember(`read ${extension}`, () => this.#repository.mayRead(this.#question, extension));
  }

  /** May he send? A policy that fails says no. */
  mayWrite(extension: Extension): Promise<boolean> {
    return this.#remember(`write ${extension}`, () => this.#repository.mayWrite(this.#question, extension));
  }

  /** @throws RealtimeRefusal when he may read neither broadcasts nor, if he wants them, presences */
  async requireRead(wantsPresence: boolean): Promise<void> {
    const readable = (await this.mayRead('broadcast')) || (wantsPresence && (await this.mayRead('presence')));
    if (!readable) throw cannotRead(this.#question.topic);
  }

  #remember(name: string, ask: () => Promise<boolean>): Promise<boolean> {
    const known = this.#answers.get(name);
    if (known) return known;
    const answer = ask().catch(() => false);
    this.#answers.set(name, answer);
    return answer;
  }
}
