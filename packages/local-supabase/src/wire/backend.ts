import { BackendLost } from '../postgres/engine.ts';
import type { Engine, RunListener } from '../postgres/engine.ts';
import { Channels } from './channels.ts';
import { FrameReader } from './frames.ts';
import { dataRow, errorFields, query, texts } from './messages.ts';
import { captureQuery, CustomNames, NO_SETTINGS, quoteIdentifier, transition } from './session.settings.ts';
import type { Settings } from './session.settings.ts';

/** A session as the backend sees it. */
export interface Tenant {
  /** What the backend's settings must be while this session has it. */
  settings: Settings;
  /** What the session started with, and what RESET goes back to. */
  readonly baseline: Settings;
  /** True after a statement that may have changed the settings. */
  settingsUnknown: boolean;
  notify(pid: number, channel: string, payload: string): void;
}

export class QueryFailed extends Error {
  override readonly name = 'QueryFailed';
  readonly code: string;

  constructor(code: string, message: string) {
    super(message);
    this.code = code;
  }
}

/**
 * The one backend and the queue of sessions before it. A session has it from its first message until Postgres is ready
 * outside a transaction; then the next in line gets it, with its own settings in place.
 */
export class Backend {
  readonly engine: Engine;
  readonly channels = new Channels<Tenant>();
  readonly customNames = new CustomNames();
  /** Settings as Postgres last reported them. */
  readonly reported = new Map<string, string>();
  /** Whose unnamed statement the backend holds. */
  unnamedOwner: Tenant | undefined;
  /** The statements prepared in another generation are gone. */
  generation = 0;

  private owner: Tenant | undefined;
  private last: Tenant | undefined;
  private settings: Settings = NO_SETTINGS;
  private engineGeneration = 0;
  private readonly queue: { tenant: Tenant; resolve: () => void; reject: (error: Error) => void }[] = [];

  constructor(engine: Engine) {
    this.engine = engine;
  }

  /** Waits in line, then makes the backend look as this session left it. */
  async acquire(tenant: Tenant): Promise<void> {
    if (this.owner) {
      await new Promise<void>((resolve, reject) => this.queue.push({ tenant, resolve, reject }));
    }
    this.owner = tenant;
    try {
      await this.enter(tenant);
    } catch (error) {
      this.release(tenant);
      throw error;
    }
  }

  /** Leaves the line. True when the session was in it. */
  abandon(tenant: Tenant, reason: Error): boolean {
    const at = this.queue.findIndex((waiting) => waiting.tenant === tenant);
    if (at === -1) return false;
    const [waiting] = this.queue.splice(at, 1);
    waiting?.reject(reason);
    return true;
  }

  release(tenant: Tenant): void {
    if (this.owner !== tenant) return;
    const next = this.queue.shift();
    this.owner = next?.tenant;
    next?.resolve();
  }

  private async enter(tenant: Tenant): Promise<void> {
    if (!this.engine.alive) await this.engine.start();
    if (this.engine.generation !== this.engineGeneration) await this.meetNewBackend();
    if (this.last && this.last !== tenant && this.last.settingsUnknown) await this.capture(this.last);
    if (this.settings !== tenant.settings) await this.apply(tenant.settings);
    this.last = tenant;
  }

  /** A new backend knows no settings, no statements and no channels. */
  private async meetNewBackend(): Promise<void> {
    this.engineGeneration = this.engine.generation;
    this.generation += 1;
    this.settings = NO_SETTINGS;
    this.unnamedOwner = undefined;
    if (this.last) this.last.settingsUnknown = false;
    this.last = undefined;
    for (const frame of new FrameReader(true).push(this.engine.greeting)) {
      if (frame.type === 'S') this.learnReported(frame.body);
    }
    await this.restoreChannels();
  }

  /** Listens again to what any session listens to. */
  async restoreChannels(): Promise<void> {
    const names = this.channels.names();
    if (names.length > 0) await this.ask(names.map((name) => `listen ${quoteIdentifier(name)}`).join(';'));
  }

  /** Reads the settings that a session's statements have left behind. A setting that was reset is its start value again. */
  async capture(tenant: Tenant): Promise<void> {
    tenant.settingsUnknown = false;
    const found = new Map<string, string>();
    for (const [name, value] of await this.ask(captureQuery(this.customNames))) {
      if (name && value !== null && value !== undefined) found.set(name, value);
    }
    this.settings = found;
    const wanted = new Map(found);
    for (const [name, value] of tenant.baseline) if (!wanted.has(name)) wanted.set(name, value);
    tenant.settings = wanted.size === found.size ? found : wanted;
  }

  /** Puts settings in place. @throws QueryFailed when Postgres refuses one of them. */
  async apply(wanted: Settings): Promise<void> {
    const steps = transition(this.settings, wanted);
    if (steps.length > 0) await this.ask(steps.join(';'));
    this.settings = wanted;
  }

  /** A question of our own: only for who has the backend, and between messages. */
  async ask(sql: string): Promise<(string | null)[][]> {
    const rows: (string | null)[][] = [];
    let failure: QueryFailed | undefined;
    const reader = new FrameReader(true);
    this.unnamedOwner = undefined;
    await this.run(query(sql), {
      output: (bytes, taken) => {
        for (const frame of reader.push(bytes)) {
          if (frame.type === 'D') rows.push(dataRow(frame.body));
          else if (frame.type === 'S') this.learnReported(frame.body);
          else if (frame.type === 'A') this.fanOut(frame.body, 0);
          else if (frame.type === 'E') {
            const fields = errorFields(frame.body);
            failure ??= new QueryFailed(fields.get('C') ?? 'XX000', fields.get('M') ?? 'unknown error');
          }
        }
        taken();
      },
    });
    if (failure) throw failure;
    return rows;
  }

  /** Replaces a backend that is no good any more. What the session has set is set again in the next one. */
  async renew(tenant: Tenant): Promise<void> {
    if (tenant.settingsUnknown) await this.capture(tenant);
    this.engine.retire();
    await this.engine.start();
  }

  /** @throws BackendLost */
  async run(bytes: Uint8Array, listener: RunListener): Promise<void> {
    try {
      await this.engine.run(bytes, listener);
    } catch (error) {
      // The next one to come must find a backend, and must not wait for it in the middle of a message.
      if (error instanceof BackendLost) void this.engine.start().catch(() => undefined);
      throw error;
    }
  }

  learnReported(body: Buffer): { name: string; value: string } {
    const [name = '', value = ''] = texts(body, 2);
    this.reported.set(name, value);
    return { name, value };
  }

  /** A notification goes to every session that listens, whoever had the backend when it came. */
  fanOut(body: Buffer, senderPid: number): void {
    const [channel = '', payload = ''] = texts(body, 2, 4);
    for (const listener of this.channels.of(channel)) listener.notify(senderPid, channel, payload);
  }
}
