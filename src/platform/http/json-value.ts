/**
 * Any JSON value as an answer. A string or `null` would otherwise go out as text or as nothing, in neither
 * representation: only objects pass the hook that envelopes.
 */
export class JsonValue {
  constructor(private readonly value: unknown) {}

  toJSON(): unknown {
    return this.value;
  }
}
