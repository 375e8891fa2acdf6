import { TestEnvironment } from 'jest-environment-node';
import { expectDocumented } from './contract.ts';

/**
 * What is loaded once for each worker instead of once for each suite. Jest gives a suite fresh copies of all it imports,
 * and code that has just been loaded is many times slower than code that has run for a while. So suites call the
 * build, which is also what runs in production, and share what was compiled of the OpenAPI documents.
 */
const ofThisWorker = {
  /** @param {string} file below `dist/` */
  build: (file) => import(new URL(`../../dist/${file}`, import.meta.url).href),
  expectDocumented,
};

export default class WorkerEnvironment extends TestEnvironment {
  async setup() {
    await super.setup();
    this.global.ofThisWorker = ofThisWorker;
  }
}
