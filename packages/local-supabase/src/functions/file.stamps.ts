import { stat } from 'node:fs/promises';

/** Files and when they were last changed; a file that is not there has a stamp, too. */
export class FileStamps {
  readonly #stamps = new Map<string, Promise<string>>();

  constructor(paths: readonly string[]) {
    for (const path of paths) this.add(path);
  }

  add(path: string): void {
    if (!this.#stamps.has(path)) this.#stamps.set(path, stampOf(path));
  }

  /** Whether any of them is another than it was when it was added. */
  async changed(): Promise<boolean> {
    const checks = [...this.#stamps].map(async ([path, stamp]) => (await stamp) !== (await stampOf(path)));
    return (await Promise.all(checks)).includes(true);
  }
}

const stampOf = (path: string): Promise<string> =>
  stat(path, { bigint: true }).then(
    ({ mtimeNs, size, ino }) => `${mtimeNs} ${size} ${ino}`,
    () => 'absent',
  );
