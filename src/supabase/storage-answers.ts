import { unavailable } from '../platform/errors/errors.js';
import type { SupabaseBucket, SupabaseFile } from './supabase-storage.types.js';

/** An answer of Supabase Storage as an object. @throws AppError `unavailable` when it is none */
export function recordOf(value: unknown): Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
    ? (value as Record<string, unknown>)
    : nonsense('no object');
}

export function listOf(value: unknown): Record<string, unknown>[] {
  return Array.isArray(value) ? value.map(recordOf) : nonsense('no list');
}

export function textIn(answer: Record<string, unknown>, name: string): string {
  const value = answer[name];
  return typeof value === 'string' && value !== '' ? value : nonsense(`no ${name}`);
}

const optionalText = (value: unknown): string | null => (typeof value === 'string' ? value : null);

export function bucketOf(value: unknown): SupabaseBucket {
  const bucket = recordOf(value);
  const { file_size_limit: limit, allowed_mime_types: types } = bucket;
  return {
    id: textIn(bucket, 'id'),
    name: textIn(bucket, 'name'),
    public: bucket.public === true,
    file_size_limit: limit === null || limit === undefined ? null : Number(limit),
    allowed_mime_types: Array.isArray(types) ? types.map(String) : null,
    created_at: textIn(bucket, 'created_at'),
    updated_at: textIn(bucket, 'updated_at'),
  };
}

export function fileOf(value: unknown): SupabaseFile {
  const file = recordOf(value);
  const { metadata } = file;
  return {
    name: textIn(file, 'name'),
    id: optionalText(file.id),
    updated_at: optionalText(file.updated_at),
    created_at: optionalText(file.created_at),
    last_accessed_at: optionalText(file.last_accessed_at),
    metadata:
      typeof metadata === 'object' && metadata !== null ? (metadata as Record<string, unknown>) : null,
  };
}

function nonsense(what: string): never {
  throw unavailable(undefined, { cause: new Error(`Supabase's answer has ${what}`) });
}
