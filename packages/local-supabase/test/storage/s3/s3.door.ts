import type { AwsClient } from 'aws4fetch';
import { startStorage, type RunningStorage } from '../harness/start.storage.ts';
import { s3Client } from './s3.client.ts';

/** The user whom the policies let do something. */
export const OWNER = '317eadce-631a-4429-a0bb-f19a7a517b4a';

const POLICIES = `
  create policy own on storage.objects for all to authenticated
    using (bucket_id = 's3' and (storage.foldername(name))[1] = auth.uid()::text);
  create policy only_by_copy on storage.objects for all to authenticated
    using (name = 'copies' and storage.operation() = 'storage.s3.object.copy');
`;

/** A running storage with the buckets `s3`, `list` and `small` (texts of 1000 bytes), by the S3 protocol. */
export class S3Door {
  #storage: RunningStorage | undefined;
  #client: AwsClient | undefined;

  async start(): Promise<void> {
    this.#storage = await startStorage({ sql: POLICIES });
    this.#client = s3Client(this.storage.supabase);
    for (const bucket of ['s3', 'list']) await this.ask('PUT', `/${bucket}`);
    const limits = { public: true, fileSizeLimit: 1000, allowedMimeTypes: ['text/*'] };
    await this.storage.admin.createBucket('small', limits);
  }

  async stop(): Promise<void> {
    await this.#storage?.stop();
  }

  get storage(): RunningStorage {
    if (!this.#storage) throw new Error('It does not run');
    return this.#storage;
  }

  /** With the project's keys. */
  get client(): AwsClient {
    if (!this.#client) throw new Error('It does not run');
    return this.#client;
  }

  get endpoint(): string {
    return this.storage.supabase.s3?.url ?? '';
  }

  ask = (
    method: string,
    path: string,
    { by = this.client, ...init }: RequestInit & { by?: AwsClient } = {},
  ): Promise<Response> => by.fetch(`${this.endpoint}${path}`, { method, ...init });

  /** Signs a request without sending it, so that it can be changed on its way. */
  signed = async (
    method: string,
    path: string,
    sent: Record<string, string> = {},
  ): Promise<{ url: string; headers: Record<string, string> }> => {
    const { url, headers } = await this.client.sign(`${this.endpoint}${path}`, { method, headers: sent });
    return { url, headers: Object.fromEntries(headers) };
  };

  /** An address that is good for a minute. */
  presigned = async (method: string, path: string, datetime?: string): Promise<string> => {
    const aws = { signQuery: true, ...(datetime !== undefined && { datetime }) };
    return (await this.client.sign(`${this.endpoint}${path}?X-Amz-Expires=60`, { method, aws })).url;
  };
}
