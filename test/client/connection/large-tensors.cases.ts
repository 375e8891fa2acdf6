import { describe, expect, it } from '@jest/globals';
import { login, signup } from '../../../packages/client/src/connection/connection.ts';
import { TensorFormatError } from '../../../packages/client/src/tensors/tensor.errors.ts';
import { collectGarbage } from '../../../src/platform/process/collect-garbage.js';
import { newEmail, PASSWORD } from '../../harness/caller.js';
import type { Machines } from './machines.js';

const COLLECT_EVERY = 4 * 1_024 * 1_024;

/** How much more memory this process has taken at its peak, in bytes. */
function watchMemory(): { grownBy: () => number } {
  const before = process.memoryUsage.rss();
  let peak = before;
  const timer = setInterval(() => (peak = Math.max(peak, process.memoryUsage.rss())), 10);
  return {
    grownBy: () => {
      clearInterval(timer);
      return peak - before;
    },
  };
}

/** Tensors of many megabytes, and files that are none. */
export function largeTensors(machines: Machines): void {
  const { api, key, machine } = machines;

  describe('large tensors', () => {
    it('should flow in and out with bounded memory, and tell how far they are', async () => {
      const here = await machine();
      const email = newEmail();
      await signup(email, PASSWORD, api.url, key, here);
      const store = await login(email, PASSWORD, api.url, key, here);
      const chunk = new Uint8Array(1_048_576).fill(7);
      const chunks = 100;
      const memory = watchMemory();
      const open = (): ReadableStream<Uint8Array> => {
        let sent = 0;
        return new ReadableStream({
          pull: (controller) => (sent++ < chunks ? controller.enqueue(chunk) : controller.close()),
        });
      };
      const progress: number[] = [];
      await store.set(
        'large',
        { dtype: 'uint8', shape: [chunks, chunk.length], open },
        { onProgress: ({ loaded }) => progress.push(loaded) },
      );
      expect(progress.length).toBeGreaterThan(chunks);
      expect(progress.at(-1)).toBe(chunks * chunk.length + 128);
      const { body } = await store.read('large');
      let bytes = 0;
      for await (const part of body) {
        // What has been read may still lie around uncollected, which is not what is asked here.
        if (bytes % COLLECT_EVERY > (bytes + part.length) % COLLECT_EVERY)
          collectGarbage({ type: 'minor', execution: 'sync' });
        bytes += part.length;
      }
      expect(bytes).toBe(chunks * chunk.length);
      // Of both ends together: the API runs in this process, too.
      expect(memory.grownBy()).toBeLessThan(chunks * chunk.length * 0.8);
      await expect(store.slice('large', [-1, [0, 3]])).resolves.toMatchObject({
        data: Uint8Array.of(7, 7, 7),
      });
    });

    it('should not be taken for tensors when they are none', async () => {
      const here = await machine();
      const email = newEmail();
      const { user } = await signup(email, PASSWORD, api.url, key, here);
      const store = await login(email, PASSWORD, api.url, key, here);
      const kept = await here.credentials?.get(`${email} at ${api.url}`);
      await fetch(`${api.url}/api/storage/buckets/user-files/objects/${user.id}/tensors/text.npy`, {
        method: 'POST',
        headers: { authorization: `Bearer ${String(kept?.accessToken)}`, 'content-type': 'text/plain' },
        body: 'Nothing but some words that are no tensor',
      });
      await expect(store.get('text')).rejects.toThrow(TensorFormatError);
    });
  });
}
