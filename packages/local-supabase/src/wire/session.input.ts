import type { Backend, Tenant } from './backend.ts';
import {
  withHeader,
  PreparedStatements,
  readParse,
  rewriteBind,
  rewriteTarget,
  writeParse,
} from './prepared.statements.ts';
import type { Frame } from './frames.ts';
import { texts } from './messages.ts';
import { rule } from './statement.rules.ts';
import type { Effect, SessionNames } from './statement.rules.ts';

/** An answer that Postgres owes: to a Parse of the client's or of ours, or to a Sync. */
export type Owed = 'parse' | 'own-parse' | 'sync';

const SETTING_NAME = /^[a-z_][\w$]*(?:\.[a-z_][\w$]*)+$/i;

/** Translates a session's messages into what the shared backend may get. */
export class SessionInput {
  readonly statements: PreparedStatements;
  /** In the order in which the answers will come. */
  readonly owed: Owed[] = [];

  private readonly backend: Backend;
  private readonly tenant: Tenant;
  private readonly portals = new Map<string, readonly Effect[]>();
  private effects: Effect[] = [];

  private readonly names: SessionNames;

  constructor(sessionId: number, user: string, backend: Backend, tenant: Tenant) {
    this.statements = new PreparedStatements(sessionId);
    this.names = { rename: this.statements.rename, user };
    this.backend = backend;
    this.tenant = tenant;
  }

  /** What the statements since the last call do to the session, if they succeed. */
  takeEffects(): Effect[] {
    return this.effects.splice(0);
  }

  translate(frames: Frame[]): Buffer {
    this.owed.length = 0;
    return Buffer.concat(frames.flatMap((frame) => this.translateFrame(frame)));
  }

  private translateFrame(frame: Frame): Buffer[] {
    switch (frame.type) {
      case 'Q':
        return [this.query(frame)];
      case 'P':
        return [this.parse(frame)];
      case 'B':
        return this.bind(frame);
      case 'D':
      case 'C':
        return this.target(frame);
      case 'E': {
        const [portal = ''] = texts(frame.body, 1);
        this.effects.push(...(this.portals.get(portal) ?? []));
        return [frame.bytes];
      }
      case 'S':
        this.owed.push('sync');
        return [frame.bytes];
      default:
        return [frame.bytes];
    }
  }

  private query(frame: Frame): Buffer {
    const [text = ''] = texts(frame.body, 1);
    const { sql, effects } = rule(text, this.names);
    this.learn(text, effects);
    this.effects.push(...effects);
    this.statements.delete('');
    this.backend.unnamedOwner = undefined;
    this.owed.push('sync');
    return sql === text ? frame.bytes : withHeader('Q', Buffer.from(`${sql}\0`));
  }

  private parse(frame: Frame): Buffer {
    const { name, sql: text, rest } = readParse(frame);
    const { sql, effects } = rule(text, this.names);
    this.learn(text, effects);
    const bytes =
      name === '' && sql === text ? frame.bytes : writeParse(this.statements.rename(name), sql, rest);
    this.statements.set(name, { parse: bytes, effects, generation: this.backend.generation });
    if (name === '') this.backend.unnamedOwner = this.tenant;
    this.owed.push('parse');
    return bytes;
  }

  private bind(frame: Frame): Buffer[] {
    const [portal = '', name = ''] = texts(frame.body, 2);
    const effects = this.statements.get(name)?.effects ?? [];
    if (effects.length > 0) {
      this.portals.set(portal, effects);
      this.learnParameters(frame);
    } else {
      this.portals.delete(portal);
    }
    return [...this.prepareAgain(name), rewriteBind(frame, this.statements.rename)];
  }

  private target(frame: Frame): Buffer[] {
    if (frame.body[0] !== 'S'.charCodeAt(0)) return [frame.bytes];
    const [name = ''] = texts(frame.body, 1, 1);
    const before = frame.type === 'D' ? this.prepareAgain(name) : [];
    if (frame.type === 'C') this.statements.delete(name);
    return [...before, name === '' ? frame.bytes : rewriteTarget(frame, this.statements.rename(name))];
  }

  /** A statement that the backend has lost since (by another session, or with an earlier backend) is prepared again. */
  private prepareAgain(name: string): Buffer[] {
    const statement = this.statements.get(name);
    if (!statement) return [];
    const known =
      statement.generation === this.backend.generation &&
      (name !== '' || this.backend.unnamedOwner === this.tenant);
    if (known) return [];
    statement.generation = this.backend.generation;
    if (name === '') this.backend.unnamedOwner = this.tenant;
    this.owed.push('own-parse');
    return [statement.parse];
  }

  private learn(sql: string, effects: readonly Effect[]): void {
    if (effects.some(({ kind }) => kind === 'settings')) this.backend.customNames.learn(sql);
  }

  /** `set_config($1, …)`: the name of the setting is among the parameters. */
  private learnParameters(frame: Frame): void {
    for (const word of frame.body.toString('latin1').split(/[^\w$.]+/)) {
      if (SETTING_NAME.test(word)) this.backend.customNames.learn(word);
    }
  }
}
