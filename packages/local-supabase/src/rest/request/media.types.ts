import { refusals } from '../errors/refusals.ts';
import type { Routine } from '../schema/schema.types.ts';

/** How the rows of an answer are written. */
export type Shape = 'array' | 'object' | 'csv' | 'geojson' | 'openapi' | 'text' | 'binary';

export interface Media {
  readonly shape: Shape;
  /** `nulls=stripped`: keys without a value are left out. */
  readonly stripped: boolean;
  /** As the answer names it. */
  readonly contentType: string;
  readonly plan?: Plan;
}

export interface Plan {
  readonly format: 'json' | 'text';
  readonly options: readonly string[];
}

const JSON_TYPE = 'application/json; charset=utf-8';
const OBJECT_TYPE = 'application/vnd.pgrst.object+json';
const ARRAY_TYPE = 'application/vnd.pgrst.array+json';
const PLAN_OPTIONS = ['analyze', 'verbose', 'settings', 'buffers', 'wal'];

/**
 * The first of the accepted types that can be served, best first.
 * @param shapes - what the target can be written as
 * @param own - the type of the document that a function returns
 * @throws RestError PGRST107
 */
export function negotiate(
  accept: string | undefined,
  shapes: readonly Shape[],
  plansAllowed: boolean,
  own?: Routine['media'],
): Media {
  const ranges = readAccept(accept ?? '*/*');
  for (const range of ranges) {
    if (own && [range.type, '*/*'].includes(own.type)) return ownMedia(own);
    const media = mediaOf(range, shapes);
    if (media && shapes.includes(media.shape) && (media.plan === undefined || plansAllowed)) return media;
  }
  throw refusals.accept(ranges.map(({ text }) => text));
}

/** Types that say how they are encoded. */
const ENCODED = ['application/json', 'application/geo+json', 'text/csv', 'text/plain', 'text/xml'];

function ownMedia({ type, binary }: NonNullable<Routine['media']>): Media {
  const named = type === '*/*' ? 'application/octet-stream' : type;
  const contentType = ENCODED.includes(named) ? `${named}; charset=utf-8` : named;
  return { shape: binary ? 'binary' : 'text', stripped: false, contentType };
}

interface Range {
  readonly text: string;
  readonly type: string;
  readonly parameters: ReadonlyMap<string, string>;
}

function readAccept(header: string): Range[] {
  return splitOutsideQuotes(header, ',')
    .map((text, index) => {
      const [type = '', ...rest] = splitOutsideQuotes(text, ';');
      const parameters = new Map(
        rest.map((entry) => {
          const [name = '', ...value] = entry.split('=');
          return [name.trim().toLowerCase(), value.join('=').trim().replaceAll(/^"|"$/g, '')] as const;
        }),
      );
      const quality = Number(parameters.get('q') ?? 1);
      return {
        text,
        type: type.toLowerCase(),
        parameters,
        index,
        quality: Number.isNaN(quality) ? 1 : quality,
      };
    })
    .filter(({ type }) => type !== '')
    .sort((left, right) => right.quality - left.quality || left.index - right.index);
}

function splitOutsideQuotes(text: string, separator: string): string[] {
  const pieces = text.match(separator === ',' ? /(?:"[^"]*"|[^",])+/g : /(?:"[^"]*"|[^";])+/g) ?? [];
  return pieces.map((piece) => piece.trim());
}

function mediaOf({ type, parameters }: Range, shapes: readonly Shape[]): Media | undefined {
  const stripped = parameters.get('nulls') === 'stripped';
  const suffix = `${stripped ? ';nulls=stripped' : ''}; charset=utf-8`;
  switch (type) {
    case '*/*':
    case 'application/*':
      return { shape: shapes[0] ?? 'array', stripped: false, contentType: contentTypeOf(shapes[0]) };
    case 'application/json':
      return {
        shape: shapes.includes('openapi') ? 'openapi' : 'array',
        stripped: false,
        contentType: JSON_TYPE,
      };
    case 'application/vnd.pgrst.array':
    case ARRAY_TYPE:
      return { shape: 'array', stripped, contentType: stripped ? ARRAY_TYPE + suffix : JSON_TYPE };
    case OBJECT_TYPE:
    case 'application/vnd.pgrst.object':
      return { shape: 'object', stripped, contentType: OBJECT_TYPE + suffix };
    case 'text/csv':
      return { shape: 'csv', stripped: false, contentType: 'text/csv; charset=utf-8' };
    case 'application/geo+json':
      return { shape: 'geojson', stripped: false, contentType: 'application/geo+json; charset=utf-8' };
    case 'application/openapi+json':
      return { shape: 'openapi', stripped: false, contentType: contentTypeOf('openapi') };
    case 'application/vnd.pgrst.plan':
    case 'application/vnd.pgrst.plan+json':
    case 'application/vnd.pgrst.plan+text':
      return planOf(type, parameters, shapes);
    default:
      return undefined;
  }
}

function contentTypeOf(shape: Shape | undefined): string {
  return shape === 'openapi' ? 'application/openapi+json; charset=utf-8' : JSON_TYPE;
}

/** `application/vnd.pgrst.plan+json; for="application/json"; options=analyze|verbose;` */
function planOf(
  type: string,
  parameters: ReadonlyMap<string, string>,
  shapes: readonly Shape[],
): Media | undefined {
  const format = type.endsWith('+json') ? 'json' : 'text';
  const planned = parameters.get('for') ?? 'application/json';
  const [range] = readAccept(planned);
  const inner = range && mediaOf(range, shapes);
  if (!inner || inner.plan) return undefined;
  const options = (parameters.get('options') ?? '')
    .split('|')
    .filter((option) => PLAN_OPTIONS.includes(option));
  return {
    shape: inner.shape,
    stripped: inner.stripped,
    contentType: `application/vnd.pgrst.plan+${format}; for="${inner.contentType.replace('; charset=utf-8', '')}"${
      options.length === 0 ? '' : `; options=${options.join('|')}`
    }; charset=utf-8`,
    plan: { format, options },
  };
}
