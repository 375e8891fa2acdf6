import type { SupanestClient } from '../client/create-client.ts';
import type { TensorFile, TensorFiles } from './tensor-files.types.ts';

const BUCKET = 'user-files';
const PAGE = 1_000;

/** The folder `<user>/tensors` of the private bucket, through a Supanest API. */
export function supanestFiles(client: SupanestClient, userId: string): TensorFiles {
  const folder = `${userId}/tensors`;
  const place = (name: string) => ({ bucket: BUCKET, path: `${folder}/${name}` });
  return {
    write: async (name, open, options) => {
      await client.storage.upload(place(name), open, options);
    },
    read: async (name, range, signal) => {
      const { body, total, etag } = await client.storage.download(place(name), {
        range,
        ...(signal && { signal }),
      });
      return { body, total: total ?? 0, version: etag };
    },
    move: async (name, to) => {
      await client.moveObject({
        path: { bucket: BUCKET },
        body: { source_path: place(name).path, destination_path: place(to).path },
      });
    },
    list: async function* (): AsyncGenerator<TensorFile> {
      for (let offset = 0; ; offset += PAGE) {
        const found = await client.listObjects({
          path: { bucket: BUCKET },
          query: { prefix: folder, limit: PAGE, offset },
        });
        for (const { id, name, metadata } of found) {
          if (id !== null) yield { name, size: Number(metadata?.size ?? 0) };
        }
        if (found.length < PAGE) return;
      }
    },
    delete: async (name) => {
      const deleted = await client.deleteObjects({
        path: { bucket: BUCKET },
        body: { paths: [place(name).path] },
      });
      return deleted.length > 0;
    },
  };
}
