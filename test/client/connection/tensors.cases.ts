import { beforeAll, describe, expect, it } from '@jest/globals';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { login, signup } from '../../../packages/client/src/connection/connection.ts';
import {
  TensorExistsError,
  TensorNotFoundError,
} from '../../../packages/client/src/tensors/tensor.errors.ts';
import { tensor } from '../../../packages/client/src/tensors/tensor.ts';
import type { TensorStore } from '../../../packages/client/src/tensors/tensor-store.ts';
import { newEmail, PASSWORD } from '../../harness/caller.js';
import { sql } from '../../harness/database.js';
import { BACKENDS, type Machine, type Machines } from './machines.js';

/** Tensors that are kept for somebody who has connected. */
export function tensorsOverConnections(machines: Machines): void {
  const { key, machine } = machines;

  describe.each(BACKENDS)('tensors at a %s', (kind) => {
    const email = newEmail();
    let here: Machine;
    let store: TensorStore;
    let other: TensorStore;
    beforeAll(async () => {
      here = await machine();
      const storeOf = async (who: string): Promise<TensorStore> => {
        const { user } = await signup(who, PASSWORD, machines.urlOf(kind), key, here);
        await sql(`update supanest.profiles set subscription_tier = 'enterprise' where user_id = $1`, [
          user.id,
        ]);
        return login(who, PASSWORD, machines.urlOf(kind), key, here);
      };
      [store, other] = [await storeOf(email), await storeOf(newEmail())];
    });

    it('should be there by their names, for their owner alone', async () => {
      const weights = tensor(Float32Array.of(1, 2, 3, 4, 5, 6), [2, 3]);
      await store.set('weights', weights);
      await expect(store.get('weights')).resolves.toEqual(weights);
      await expect(store.set('weights', [1])).rejects.toThrow(TensorExistsError);
      await expect(store.get('weights')).resolves.toEqual(weights);
      await store.set('weights', [[7], [8]], { overwrite: true });
      await expect(store.describe('weights')).resolves.toEqual({ dtype: 'float64', shape: [2, 1] });
      await store.set('Größe/1 ☃', tensor(BigInt64Array.of(-1n)));
      await store.set('nothing', tensor(new Float32Array(0), [0, 4]));
      await expect(store.get('nothing')).resolves.toEqual(tensor(new Float32Array(0), [0, 4]));
      await expect(store.keys()).resolves.toEqual(['Größe/1 ☃', 'nothing', 'weights']);
      await expect(store.length()).resolves.toBe(3);
      await expect(store.usage()).resolves.toBe(3 * 128 + 16 + 8);
      await expect(store.has('weights')).resolves.toBe(true);
      await expect(other.has('weights')).resolves.toBe(false);
      await expect(other.keys()).resolves.toEqual([]);
      await expect(other.get('weights')).rejects.toThrow(TensorNotFoundError);
      await expect(other.delete('weights')).resolves.toBe(false);
      await expect(store.delete('weights')).resolves.toBe(true);
      await expect(store.delete('weights')).resolves.toBe(false);
      await expect(store.has('weights')).resolves.toBe(false);
    });

    it('should be read in parts, and grow along their first axis', async () => {
      const numbers = Int16Array.from({ length: 24 }, (_, index) => index);
      await store.set('t', tensor(numbers, [2, 3, 4]));
      const part = await store.slice('t', [1, [0, 3, 2], -1]);
      expect(part).toEqual({ dtype: 'int16', shape: [2], data: Int16Array.of(15, 23) });
      // Two stores have nothing in common but their files.
      const again = await login(email, PASSWORD, machines.urlOf(kind), key, here);
      await Promise.all([
        store.append('t', tensor(numbers, [2, 3, 4])),
        again.append('t', tensor(numbers, [2, 3, 4])),
        store.append('t', tensor(numbers, [2, 3, 4])),
      ]);
      const { shape, data } = await store.get('t');
      expect({ shape, data }).toEqual({
        shape: [8, 3, 4],
        data: Int16Array.of(...numbers, ...numbers, ...numbers, ...numbers),
      });
      expect((await store.keys()).filter((name) => name.startsWith('t'))).toEqual(['t']);
      await expect(store.append('t', tensor(numbers, [2, 4, 3]))).rejects.toThrow(RangeError);
      await expect(store.append('absent', numbers.length)).rejects.toThrow(TensorNotFoundError);
    });

    it('should leave what was there when a transfer breaks off', async () => {
      await store.set('kept', [1, 2]);
      let sent = 0;
      const open = (): ReadableStream<Uint8Array> =>
        new ReadableStream({
          pull: (controller) => {
            if (sent++ < 5) controller.enqueue(new Uint8Array(65_536));
            else controller.error(new Error('unplugged'));
          },
        });
      const broken = { dtype: 'uint8', shape: [10_000_000], open } as const;
      await expect(store.set('kept', broken, { overwrite: true })).rejects.toThrow();
      await expect(store.set('new', broken)).rejects.toThrow();
      await expect(store.get('kept')).resolves.toMatchObject({ data: Float64Array.of(1, 2) });
      await expect(store.has('new')).resolves.toBe(false);
      const args = [machines.urlOf(kind), key, email, PASSWORD, here.home];
      const child = spawn(process.execPath, [join(import.meta.dirname, '../endless-upload.ts'), ...args]);
      await once(child.stdout, 'data');
      child.kill('SIGKILL');
      await once(child, 'exit');
      await expect(store.get('kept')).resolves.toMatchObject({ data: Float64Array.of(1, 2) });
    });
  });
}
