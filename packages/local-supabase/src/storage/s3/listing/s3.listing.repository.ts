import type { PoolClient } from 'pg';
import type { ObjectMetadata } from '../../objects/object.types.ts';

export interface S3ListingQuery {
  readonly bucketId: string;
  readonly prefix: string;
  /** Empty for none. */
  readonly delimiter: string;
  /** Keys up to this one, itself included, are not looked at. */
  readonly afterKey: string;
  /** Entries up to this one (a key, or a common prefix) are not listed. */
  readonly afterEntry: string;
  readonly limit: number;
}

/** A key, or a common prefix of several. */
export interface S3Entry {
  readonly name: string;
  readonly is_prefix: boolean;
  readonly updated_at: Date | null;
  readonly metadata: Partial<ObjectMetadata> | null;
}

/** Objects as S3 lists them: bytewise order, any delimiter. Seen in the role of the transaction that `client` runs. */
export const s3ListingRepository = {
  async page(client: PoolClient, query: S3ListingQuery): Promise<S3Entry[]> {
    const { rows } = await client.query<S3Entry>(
      `select distinct on (coalesce(folder, name) collate "C")
         coalesce(folder, name) as name,
         folder is not null as is_prefix,
         case when folder is null then updated_at end as updated_at,
         case when folder is null then metadata end as metadata
       from storage.objects, lateral storage.get_common_prefix(name, $2, $3) as folder
       where bucket_id = $1 and starts_with(name, $2)
         and ($4 = '' or name collate "C" > $4)
         and ($5 = '' or coalesce(folder, name) collate "C" > $5)
       order by coalesce(folder, name) collate "C"
       limit $6`,
      [query.bucketId, query.prefix, query.delimiter, query.afterKey, query.afterEntry, query.limit],
    );
    return rows;
  },
};
