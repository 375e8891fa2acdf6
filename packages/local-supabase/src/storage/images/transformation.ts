/** What may be asked of an image. */
export interface Transformation {
  /** In pixels, of the result. */
  readonly width?: number | undefined;
  readonly height?: number | undefined;
  /** `cover` fills the size and crops, `contain` fits into it, `fill` stretches. */
  readonly resize?: 'cover' | 'contain' | 'fill' | undefined;
  /** `origin` keeps the format; otherwise the best one that the browser accepts. */
  readonly format?: 'origin' | 'avif' | 'webp' | undefined;
  /** 20 to 100. */
  readonly quality?: number | undefined;
}

/** Sizes are brought into these bounds, as upstream does. */
const MAX_SIZE = 2500;
const RESIZE_NAMES = { cover: 'fill', contain: 'fit', fill: 'force' } as const;

/** Of a query or a body: validated by Fastify against this. */
export const TRANSFORMATION_SCHEMA = {
  height: { type: 'integer', minimum: 0 },
  width: { type: 'integer', minimum: 0 },
  resize: { type: 'string', enum: ['cover', 'contain', 'fill'] },
  format: { type: 'string', enum: ['origin', 'avif', 'webp'] },
  quality: { type: 'integer', minimum: 20, maximum: 100 },
} as const;

/** With its sizes inside the bounds. */
export function bounded(transformation: Transformation): Transformation {
  return {
    ...transformation,
    width: clamp(transformation.width),
    height: clamp(transformation.height),
  };
}

/** As it is kept in a signed URL: `height:100,width:100,resize:cover,quality:60`. */
export function transformationText(transformation: Transformation): string {
  return segments(transformation, `resize:${transformation.resize ?? 'cover'}`).join(',');
}

/** As the header `X-Transformations` tells it: `height:100,width:100,resizing_type:fill,quality:60`. */
export function transformationHeader(transformation: Transformation): string {
  return segments(transformation, `resizing_type:${RESIZE_NAMES[transformation.resize ?? 'cover']}`).join(
    ',',
  );
}

/** Reads what {@link transformationText} wrote. */
export function readTransformation(text: string): Transformation {
  const parts = new Map(
    text.split(',').map((part): [string, string] => {
      const [name = '', value = ''] = part.split(':');
      return [name, value];
    }),
  );
  const number = (name: string): number | undefined => {
    const value = Number.parseInt(parts.get(name) ?? '', 10);
    return Number.isNaN(value) ? undefined : value;
  };
  return {
    width: number('width'),
    height: number('height'),
    quality: number('quality'),
    resize: oneOf(parts.get('resize'), ['cover', 'contain', 'fill']),
    format: oneOf(parts.get('format'), ['origin', 'avif', 'webp']),
  };
}

function segments(asked: Transformation, resize: string): string[] {
  const { width, height, quality, format } = bounded(asked);
  return [
    ...(height ? [`height:${height}`] : []),
    ...(width ? [`width:${width}`] : []),
    ...(width || height ? [resize] : []),
    ...(quality ? [`quality:${quality}`] : []),
    ...(format && format !== 'origin' ? [`format:${format}`] : []),
  ];
}

function clamp(size: number | undefined): number | undefined {
  return size ? Math.min(size, MAX_SIZE) : undefined;
}

function oneOf<T extends string>(value: string | undefined, allowed: readonly T[]): T | undefined {
  return allowed.find((candidate) => candidate === value);
}
