#!/usr/bin/env node
import { homedir } from 'node:os';
import { run } from './run.ts';

const controller = new AbortController();
process.once('SIGINT', () => controller.abort());
process.exitCode = await run(process.argv.slice(2), {
  stdin: process.stdin,
  stdout: process.stdout,
  stderr: process.stderr,
  cwd: process.cwd(),
  home: homedir(),
  environment: process.env,
  signal: controller.signal,
});
