import { startApi, type Api } from './api.js';

/** An API that a suite starts before its parts ask it: those are written down before it is there. */
export class SharedApi {
  #api: Api | undefined;

  /** As `startApi`. */
  async start(overrides: Record<string, string> = {}): Promise<void> {
    this.#api = await startApi(overrides);
  }

  get url(): string {
    if (!this.#api) throw new Error('not started');
    return this.#api.url;
  }

  async close(): Promise<void> {
    await this.#api?.close();
  }
}
