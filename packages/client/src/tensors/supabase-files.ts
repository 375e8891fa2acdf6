import type { Transport } from '../client/transport.ts';
import { counted } from '../storage/progress.ts';
import type { TensorFile, TensorFiles } from './tensor-files.types.ts';

const BUCKET = 'user-files';
const PAGE = 1_000;

interface Listed {
  id: string | null;
  name: string;
  metadata: { size?: number } | null;
}

/** The same folder, at a Supabase without an API in front of it. The bucket and its policies have to be there. */
export function supabaseFiles(url: string, key: string, transport: Transport, userId: string): TensorFiles {
  const folder = `${userId}/tensors`;
  const objects = `${url}/storage/v1/object`;
  const headers = (more: Record<string, string> = {}): Headers => new Headers({ apikey: key, ...more });
  const ask = async (method: string, address: string, body: object): Promise<Listed[]> => {
    const text = JSON.stringify(body);
    const call = { url: address, method, headers: headers({ 'content-type': 'application/json' }) };
    return (await (await transport.send({ ...call, body: () => text })).json()) as Listed[];
  };
  return {
    write: async (name, open, { size, upsert, onProgress, signal }) => {
      await transport.send({
        url: `${objects}/${BUCKET}/${folder}/${name}`,
        method: 'POST',
        headers: headers({ 'content-type': 'application/octet-stream', 'x-upsert': String(upsert) }),
        body: onProgress ? () => counted(open(), size, onProgress) : open,
        ...(signal && { signal }),
      });
    },
    read: async (name, { start, end }, signal) => {
      const response = await transport.send({
        url: `${objects}/authenticated/${BUCKET}/${folder}/${name}`,
        method: 'GET',
        headers: headers({ range: `bytes=${String(start)}-${end === undefined ? '' : String(end - 1)}` }),
        ...(signal && { signal }),
      });
      const total = /\/(\d+)$/.exec(response.headers.get('content-range') ?? '')?.[1];
      const size = Number(total ?? response.headers.get('content-length') ?? 0);
      const version = response.headers.get('etag') ?? undefined;
      return { body: response.body ?? new Blob([]).stream(), total: size, version };
    },
    move: async (name, to) => {
      const [sourceKey, destinationKey] = [`${folder}/${name}`, `${folder}/${to}`];
      await ask('POST', `${objects}/move`, { bucketId: BUCKET, sourceKey, destinationKey });
    },
    list: async function* (): AsyncGenerator<TensorFile> {
      for (let offset = 0; ; offset += PAGE) {
        const sortBy = { column: 'name', order: 'asc' };
        const page = { prefix: folder, limit: PAGE, offset, sortBy };
        const found = await ask('POST', `${objects}/list/${BUCKET}`, page);
        for (const { id, name, metadata } of found) {
          if (id !== null) yield { name, size: metadata?.size ?? 0 };
        }
        if (found.length < PAGE) return;
      }
    },
    delete: async (name) => {
      const deleted = await ask('DELETE', `${objects}/${BUCKET}`, { prefixes: [`${folder}/${name}`] });
      return deleted.length > 0;
    },
  };
}
