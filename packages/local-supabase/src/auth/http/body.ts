import type { FastifyRequest } from 'fastify';
import { refuse } from '../errors/catalogue.ts';
import type { JsonObject } from '../users/user.types.ts';

/**
 * The JSON object of a request. GoTrue parses the body as JSON whatever its content type says; a missing or null
 * member is the empty value, a member of the wrong type refuses the request (`bad_json`).
 */
export class Body {
  readonly #members: JsonObject;

  constructor(members: JsonObject) {
    this.#members = members;
  }

  /** Reads the body; an empty one or one that is no JSON object is refused. */
  static of(request: FastifyRequest): Body {
    const text = typeof request.body === 'string' ? request.body : '';
    return new Body(parseObject(text));
  }

  /** As {@link Body.of}, but an empty body is an empty object. */
  static optional(request: FastifyRequest): Body {
    return typeof request.body === 'string' && request.body !== '' ? Body.of(request) : new Body({});
  }

  has(name: string): boolean {
    return this.#members[name] !== undefined && this.#members[name] !== null;
  }

  /** A string; the empty string where it is missing. */
  string(name: string): string {
    return this.optionalString(name) ?? '';
  }

  /** A string, or undefined where it is missing or null. */
  optionalString(name: string): string | undefined {
    const value = this.#members[name] ?? undefined;
    if (value === undefined || typeof value === 'string') return value;
    throw wrongType(name, 'string', value);
  }

  /** A boolean; `fallback` where it is missing. */
  boolean(name: string, fallback = false): boolean {
    return this.optionalBoolean(name) ?? fallback;
  }

  /** A boolean, or undefined where it is missing or null. */
  optionalBoolean(name: string): boolean | undefined {
    const value = this.#members[name] ?? undefined;
    if (value === undefined || typeof value === 'boolean') return value;
    throw wrongType(name, 'bool', value);
  }

  /** A list of strings, or undefined where it is missing or null. */
  strings(name: string): string[] | undefined {
    const value = this.#members[name] ?? undefined;
    if (value === undefined) return undefined;
    if (Array.isArray(value) && value.every((entry) => typeof entry === 'string')) return value;
    throw wrongType(name, 'array of strings', value);
  }

  /** An object, or undefined where it is missing or null. Numbers are those of 64 bits, as GoTrue's. */
  object(name: string): JsonObject | undefined {
    const value = this.#members[name] ?? undefined;
    if (value !== undefined && !isObject(value)) throw wrongType(name, 'object', value);
    if (value !== undefined && hasInfinity(value)) throw refuse.badJson(`a number in "${name}" is too large`);
    return value;
  }
}

/** Deeper than anybody's metadata, and shallow enough for every recursive reader behind us. */
const MAX_DEPTH = 200;

function parseObject(text: string): JsonObject {
  if (depthOf(text) > MAX_DEPTH) throw refuse.badJson('exceeded max depth');
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch (error) {
    throw refuse.badJson(text === '' ? 'unexpected end of JSON input' : (error as SyntaxError).message);
  }
  // Go leaves what it reads into as it is.
  if (value === null) return {};
  if (isObject(value)) return value;
  throw refuse.badJson(`cannot read a JSON ${typeName(value)} as the request's object`);
}

function isObject(value: unknown): value is JsonObject {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

/** Whether a number is beyond what 64 bits reach (1e400): it would be stored as null. */
function hasInfinity(value: unknown): boolean {
  if (typeof value === 'number') return !Number.isFinite(value);
  return typeof value === 'object' && value !== null && Object.values(value).some(hasInfinity);
}

function wrongType(name: string, expected: string, value: unknown): Error {
  return refuse.badJson(`cannot read a JSON ${typeName(value)} as "${name}", which is of type ${expected}`);
}

function typeName(value: unknown): string {
  if (value === null) return 'null';
  return Array.isArray(value) ? 'array' : typeof value;
}

/** How deep brackets nest in a JSON text; those inside strings do not count. */
function depthOf(text: string): number {
  let depth = 0;
  let deepest = 0;
  for (const [token] of text.matchAll(/"(?:[^"\\]|\\.)*"|[[{]|[\]}]/gs)) {
    if (token === '[' || token === '{') deepest = Math.max(deepest, (depth += 1));
    else if (token === ']' || token === '}') depth -= 1;
  }
  return deepest;
}
