import { registerDecorator } from 'class-validator';

/** Metadata travel in every token of the user, and all headers of a request together must stay below 16 KiB. */
const MAX_BYTES = 8_192;

/** A NUL character, which Postgres cannot store, as JSON writes it: not after a backslash that is itself text. */
const NUL = /(?<!\\)(?:\\\\)*\\u0000/;

/** JSON that Supabase can keep: not too large, and without the one character that Postgres refuses. */
export function IsStorableJson(): PropertyDecorator {
  return (target, property) => {
    registerDecorator({
      name: 'isStorableJson',
      target: target.constructor,
      propertyName: String(property),
      options: {
        message: `${String(property)} must be at most ${MAX_BYTES} bytes of JSON without NUL characters`,
      },
      validator: {
        validate: (value: unknown) => {
          const json = JSON.stringify(value) as string | undefined;
          return json !== undefined && Buffer.byteLength(json) <= MAX_BYTES && !NUL.test(json);
        },
      },
    });
  };
}
