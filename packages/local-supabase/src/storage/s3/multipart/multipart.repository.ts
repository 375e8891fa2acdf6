import type { PoolClient } from 'pg';
import type { ListedUpload, MultipartQuery, MultipartUpload, UploadedPart } from './multipart.types.ts';

const PART = 'id, part_number, size::float8 as size, etag, created_at';

export interface NewMultipartUpload extends Omit<MultipartUpload, 'created_at'> {
  readonly owner: string | undefined;
}

export interface NewPart extends Omit<UploadedPart, 'created_at'> {
  readonly owner: string | undefined;
}

/** Rows of uploads in parts, seen and changed in the role of the transaction that `client` runs. */
export const multipartRepository = {
  async insert(client: PoolClient, upload: NewMultipartUpload): Promise<void> {
    await client.query(
      `insert into storage.s3_multipart_uploads
         (id, bucket_id, key, version, upload_signature, owner_id, user_metadata, metadata)
       values ($1, $2, $3, $1, '', $4, $5, $6)`,
      [
        upload.id,
        upload.bucket_id,
        upload.key,
        upload.owner ?? null,
        JSON.stringify(upload.user_metadata),
        JSON.stringify(upload.metadata),
      ],
    );
  },

  async find(client: PoolClient, id: string): Promise<MultipartUpload | undefined> {
    const { rows } = await client.query<MultipartUpload>(
      `select id, bucket_id, key, user_metadata, metadata, created_at
       from storage.s3_multipart_uploads where id = $1`,
      [id],
    );
    return rows[0];
  },

  /** Holds the upload until the transaction ends: its parts and its end take turns. @returns whether there is one */
  async lock(client: PoolClient, id: string): Promise<boolean> {
    const { rowCount } = await client.query(
      'select 1 from storage.s3_multipart_uploads where id = $1 for update',
      [id],
    );
    return rowCount === 1;
  },

  /** Takes the parts with it. @returns whether there was one */
  async remove(client: PoolClient, id: string): Promise<boolean> {
    const { rowCount } = await client.query('delete from storage.s3_multipart_uploads where id = $1', [id]);
    return rowCount === 1;
  },

  /** In their order, those after a number. */
  async parts(client: PoolClient, id: string, after = 0, limit?: number): Promise<UploadedPart[]> {
    const { rows } = await client.query<UploadedPart>(
      `select ${PART} from storage.s3_multipart_uploads_parts
       where upload_id = $1 and part_number > $2 order by part_number limit $3`,
      [id, after, limit ?? null],
    );
    return rows;
  },

  /** In place of the part of the same number. @returns ids of what it replaces */
  async putPart(client: PoolClient, upload: MultipartUpload, part: NewPart): Promise<string[]> {
    const { rows } = await client.query<{ id: string }>(
      'delete from storage.s3_multipart_uploads_parts where upload_id = $1 and part_number = $2 returning id',
      [upload.id, part.part_number],
    );
    await client.query(
      `insert into storage.s3_multipart_uploads_parts
         (id, upload_id, bucket_id, key, version, part_number, size, etag, owner_id)
       values ($1, $2, $3, $4, $2, $5, $6, $7, $8)`,
      [
        part.id,
        upload.id,
        upload.bucket_id,
        upload.key,
        part.part_number,
        part.size,
        part.etag,
        part.owner ?? null,
      ],
    );
    return rows.map(({ id }) => id);
  },

  /** Writes down how many bytes have arrived. @returns them */
  async count(client: PoolClient, id: string): Promise<number> {
    const { rows } = await client.query<{ size: number }>(
      `update storage.s3_multipart_uploads set in_progress_size =
         (select coalesce(sum(size), 0) from storage.s3_multipart_uploads_parts where upload_id = $1)
       where id = $1 returning in_progress_size::float8 as size`,
      [id],
    );
    return rows[0]?.size ?? 0;
  },

  async page(client: PoolClient, query: MultipartQuery): Promise<ListedUpload[]> {
    const { rows } = await client.query<ListedUpload>(
      `select distinct on (entry collate "C", upload_id collate "C")
         entry as key, nullif(upload_id, '') as id, created_at
       from (
         select coalesce(folder, key) as entry,
           case when folder is null then id else '' end as upload_id,
           case when folder is null then created_at end as created_at
         from storage.s3_multipart_uploads, lateral storage.get_common_prefix(key, $2, $3) as folder
         where bucket_id = $1 and starts_with(key, $2)
       ) as entries
       where $4 = '' or entry collate "C" > $4
         or (entry collate "C" = $4 and $5 <> '' and upload_id collate "C" > $5)
       order by entry collate "C", upload_id collate "C"
       limit $6`,
      [query.bucketId, query.prefix, query.delimiter, query.afterKey, query.afterId, query.limit],
    );
    return rows;
  },

  /** Which of these parts some row still names. */
  async knownParts(client: PoolClient, ids: string[]): Promise<Set<string>> {
    const { rows } = await client.query<{ id: string }>(
      'select id from storage.s3_multipart_uploads_parts where id = any($1::uuid[])',
      [ids],
    );
    return new Set(rows.map(({ id }) => id));
  },
};
