import type { ConfigTree } from '../context.ts';
import { section } from '../config/config.ts';

/** The key pair of the S3 protocol that every local Supabase has; published, and good for nothing but development. */
export const S3_CREDENTIALS = {
  accessKeyId: '625729a08b95bf1b7ff351a663f3a23c',
  secretAccessKey: '850181e4652dd023b7a98c58ae0d2d34bd487ee0cc3254aed6eda37307425907',
  region: 'local',
} as const;

/** Where the S3 protocol is, and its keys. */
export interface S3Door {
  /** The endpoint, for clients that put buckets into the path (`forcePathStyle`). */
  readonly url: string;
  readonly accessKeyId: string;
  readonly secretAccessKey: string;
  readonly region: string;
}

/** Undefined where `config.toml` switches the protocol off. */
export function s3Door(config: ConfigTree, url: string): S3Door | undefined {
  const isOff = [section(config, 'storage'), section(config, 'storage', 's3_protocol')].some(
    ({ enabled }) => enabled === false,
  );
  return isOff ? undefined : { url: `${url}/storage/v1/s3`, ...S3_CREDENTIALS };
}
