import type { Sharp } from 'sharp';
import { STORAGE_ERRORS } from '../errors/storage.errors.ts';
import { bounded, type Transformation } from './transformation.ts';

/** A transformed image, small enough to be held: its length is a header. */
export interface RenderedImage {
  readonly bytes: Buffer;
  readonly mimeType: string;
}

type Format = 'jpeg' | 'png' | 'webp' | 'avif' | 'gif';

const FITS = { cover: 'cover', contain: 'inside', fill: 'fill' } as const;
const DEFAULT_QUALITY = 80;
/** Larger images are refused, as upstream refuses them: 50 megapixels. */
const MAX_PIXELS = 50_000_000;

/** Larger files are refused, as upstream refuses them: 25 MiB. */
const MAX_BYTES = 25 * 1024 * 1024;

/**
 * Transforms an image as upstream's imgproxy would: result sizes, fits, the format the client accepts. The library reads
 * the file itself, so the source is never held.
 * @param path - of the stored bytes
 * @param size - of the stored bytes
 * @param accept - the request's `Accept`; image formats named there are used unless `origin` is asked for
 * @throws StorageError InvalidRequest (422) for bytes that are no image, or too many
 */
export async function renderImage(
  path: string,
  size: number,
  transformation: Transformation,
  accept: string,
): Promise<RenderedImage> {
  if (size > MAX_BYTES) throw STORAGE_ERRORS.imageProcessing(422, 'Source image file is too big');
  // Loaded with the first image: a project without images never pays for it.
  const { default: sharp } = await import('sharp');
  const image = sharp(path, { animated: true, limitInputPixels: MAX_PIXELS });
  try {
    const metadata = await image.metadata();
    const format = formatOf(metadata.format, transformation, accept);
    const { data, info } = await encode(
      resized(image, transformation),
      format,
      transformation.quality,
    ).toBuffer({ resolveWithObject: true });
    return { bytes: data, mimeType: info.format === 'heif' ? 'image/avif' : `image/${info.format}` };
  } catch (error) {
    throw STORAGE_ERRORS.imageProcessing(422, 'Source image is unsupported or broken', error);
  }
}

function resized(image: Sharp, asked: Transformation): Sharp {
  const { width, height, resize } = bounded(asked);
  const upright = image.autoOrient();
  if (!width && !height) return upright;
  return upright.resize({
    ...(width && { width }),
    ...(height && { height }),
    // With one side given the other follows, whatever the fit.
    fit: width && height ? FITS[resize ?? 'cover'] : 'inside',
  });
}

function encode(image: Sharp, format: Format, quality = DEFAULT_QUALITY): Sharp {
  switch (format) {
    case 'png':
      return image.png();
    case 'gif':
      return image.gif();
    case 'webp':
      return image.webp({ quality });
    case 'avif':
      return image.avif({ quality });
    case 'jpeg':
      return image.jpeg({ quality });
  }
}

function formatOf(source: string | undefined, { format }: Transformation, accept: string): Format {
  if (format === 'avif' || format === 'webp') return format;
  if (format !== 'origin' && accept.includes('image/webp')) return 'webp';
  switch (source) {
    case 'png':
    case 'svg':
      return 'png';
    case 'gif':
      return 'gif';
    case 'webp':
      return 'webp';
    case 'heif':
      return 'avif';
    default:
      return 'jpeg';
  }
}
