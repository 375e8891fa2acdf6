/** A piece of a statement: text, and values that travel beside it. Nothing a client sent is ever part of the text. */
export class Sql {
  readonly chunks: readonly (string | Value)[];

  constructor(chunks: readonly (string | Value)[]) {
    this.chunks = chunks;
  }

  /** As the driver takes it, with `$1`, `$2`, … for the values. */
  render(): { text: string; values: string[] } {
    const values: string[] = [];
    const text = this.chunks
      .map((chunk) => (typeof chunk === 'string' ? chunk : `$${values.push(chunk.text)}`))
      .join('');
    return { text, values };
  }
}

interface Value {
  readonly text: string;
}

/** Builds a piece from pieces: ``sql`select ${identifier('a')} = ${value('1')}` ``. */
export function sql(strings: TemplateStringsArray, ...pieces: readonly Sql[]): Sql {
  const chunks: (string | Value)[] = [];
  strings.forEach((text, index) => {
    if (text !== '') chunks.push(text);
    chunks.push(...(pieces[index]?.chunks ?? []));
  });
  return new Sql(chunks);
}

/** Text that is known to be SQL. */
export function raw(text: string): Sql {
  return new Sql([text]);
}

export const EMPTY = raw('');

/** A value of a type that Postgres infers from where it stands. */
export function value(text: string): Sql {
  return new Sql([{ text }]);
}

/** A name, quoted; several make a qualified one. */
export function identifier(...names: readonly string[]): Sql {
  return raw(names.map(quoteName).join('.'));
}

export function quoteName(name: string): string {
  return `"${name.replaceAll('"', '""')}"`;
}

/** A constant inside the text, for where Postgres must see the same expression twice. */
export function literal(text: string): Sql {
  const quoted = `'${text.replaceAll("'", "''").replaceAll('\\', '\\\\')}'`;
  return raw(text.includes('\\') ? ` E${quoted}` : quoted);
}

export function join(pieces: readonly Sql[], separator = ', '): Sql {
  const chunks: (string | Value)[] = [];
  pieces.forEach((piece, index) => {
    if (index > 0) chunks.push(separator);
    chunks.push(...piece.chunks);
  });
  return new Sql(chunks);
}

/** ` keyword a AND b`, or nothing where there is nothing to join. */
export function clause(keyword: string, pieces: readonly Sql[], separator: string): Sql {
  return pieces.length === 0 ? EMPTY : sql`${raw(` ${keyword} `)}${join(pieces, separator)}`;
}
