import type { ConfigTree, ConfigValue } from '../../context.ts';
import { parseDuration } from './duration.ts';

/** One table of `config.toml`, read with defaults. A value of the wrong type stops the start, with its name. */
export class ConfigSection {
  readonly #table: ConfigTree;
  readonly #name: string;

  constructor(table: ConfigTree, name: string) {
    this.#table = table;
    this.#name = name;
  }

  /** The table `key` inside this one; an empty one where it is missing. */
  section(key: string): ConfigSection {
    const value = this.#table[key];
    if (value === undefined) return new ConfigSection({}, `${this.#name}.${key}`);
    if (!isTable(value)) throw this.#fault(key, 'a table');
    return new ConfigSection(value, `${this.#name}.${key}`);
  }

  /** The names of what is in this table. */
  keys(): string[] {
    return Object.keys(this.#table);
  }

  boolean(key: string, fallback: boolean): boolean {
    const value = this.#table[key];
    if (value === undefined) return fallback;
    if (typeof value !== 'boolean') throw this.#fault(key, 'true or false');
    return value;
  }

  string(key: string, fallback: string): string {
    const value = this.#table[key];
    if (value === undefined) return fallback;
    if (typeof value !== 'string') throw this.#fault(key, 'a string');
    return value;
  }

  /** A whole number, 0 or more. */
  number(key: string, fallback: number): number {
    const value = this.#table[key];
    if (value === undefined) return fallback;
    const number = typeof value === 'bigint' ? Number(value) : value;
    if (typeof number !== 'number' || !Number.isSafeInteger(number) || number < 0) {
      throw this.#fault(key, 'a whole number, 0 or more');
    }
    return number;
  }

  strings(key: string): string[] {
    const value = this.#table[key];
    if (value === undefined) return [];
    if (!Array.isArray(value) || !value.every((entry) => typeof entry === 'string')) {
      throw this.#fault(key, 'an array of strings');
    }
    return value;
  }

  /** Milliseconds; written as in Go: `"1s"`, `"24h"`. */
  duration(key: string, fallback: string): number {
    const text = this.string(key, fallback);
    const milliseconds = parseDuration(text);
    if (milliseconds === undefined) throw this.#fault(key, 'a duration such as "1m30s"');
    return milliseconds;
  }

  #fault(key: string, expected: string): Error {
    return new Error(`config.toml: [${this.#name}] ${key} must be ${expected}.`);
  }
}

function isTable(value: ConfigValue): value is ConfigTree {
  return typeof value === 'object' && !Array.isArray(value) && !(value instanceof Date);
}
