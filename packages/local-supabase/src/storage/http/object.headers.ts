import type { FastifyReply } from 'fastify';
import type { StoredObject } from '../objects/object.types.ts';
import type { Validators } from './conditions.ts';
import { robotsTagOr } from './robots.tag.ts';

/** How an object is to be served. */
export interface Presentation {
  /** `?download=name`: as an attachment of that name; empty for the object's own. */
  readonly download?: string | undefined;
  /** Of a signed URL: when it ends; replaces the object's cache control. */
  readonly expires?: Date | undefined;
}

/** What a client's copy of the object is compared with. */
export function validatorsOf(object: StoredObject): Validators {
  const written = new Date(object.metadata?.lastModified ?? object.updated_at);
  return {
    eTag: headerText(object.metadata?.eTag),
    lastModified: Number.isNaN(written.getTime()) ? undefined : written,
  };
}

/** Sets what every representation of an object carries. */
export function describeObject(reply: FastifyReply, object: StoredObject, presentation: Presentation): void {
  const { eTag, lastModified } = validatorsOf(object);
  const cacheControl = headerText(object.metadata?.cacheControl) ?? 'no-cache';
  const encoding = headerText(object.metadata?.contentEncoding);
  void reply.headers({
    'accept-ranges': 'bytes',
    'content-type': safeType(headerText(object.metadata?.mimetype)),
    'x-robots-tag': robotsTagOr(headerText(object.metadata?.xRobotsTag), 'none'),
    ...(eTag && { etag: eTag }),
    ...(lastModified && { 'last-modified': lastModified.toUTCString() }),
    ...(encoding && { 'content-encoding': encoding }),
    ...(presentation.expires
      ? { expires: presentation.expires.toUTCString() }
      : { 'cache-control': cacheControl }),
    ...dispositionOf(presentation.download),
  });
}

/** Pages are served as text, as upstream does: a stored page must not run as one of this origin. */
function safeType(type: string | undefined): string {
  if (type === undefined) return 'application/octet-stream';
  return type.toLowerCase().includes('text/html') ? 'text/plain' : type;
}

function dispositionOf(download: string | undefined): Record<string, string> {
  if (download === undefined) return {};
  if (download === '') return { 'content-disposition': 'attachment;' };
  return {
    'content-disposition': `attachment; filename=${plainName(download)}; filename*=UTF-8''${encodedName(download)}`,
  };
}

/** For clients that know no `filename*`: the name in ASCII, quoted where it is more than a token (RFC 6266). */
function plainName(name: string): string {
  const ascii = name.replace(/[^\x20-\x7e]|["\\]/gu, '_');
  return /^[\w!#$%&'*+.^`|~-]+$/.test(ascii) ? ascii : `"${ascii}"`;
}

/** RFC 8187: more is encoded than in an address. */
function encodedName(name: string): string {
  return encodeURIComponent(name.toWellFormed()).replace(
    /['()*]/g,
    (character) => `%${character.charCodeAt(0).toString(16).toUpperCase()}`,
  );
}

/** Rows can be written by SQL: what no header may carry is left out. */
function headerText(value: unknown): string | undefined {
  return typeof value === 'string' && /^[\x20-\x7e]+$/.test(value) ? value : undefined;
}
