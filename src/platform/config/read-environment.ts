import { existsSync } from 'node:fs';
import { loadEnvFile } from 'node:process';

/** The process's environment, filled up from `.env` in the working directory. What is set already wins. */
export function readEnvironment(): Record<string, string | undefined> {
  if (existsSync('.env')) loadEnvFile('.env');
  return process.env;
}
