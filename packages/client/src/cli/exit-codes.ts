import { CommanderError, InvalidArgumentError } from 'commander';
import {
  ApiError,
  AuthenticationError,
  NetworkError,
  RateLimitError,
  UnavailableError,
} from '../client/errors.ts';
import {
  BackendUnreachableError,
  ConnectionError,
  NotSignedInError,
  WrongCredentialsError,
} from '../connection/connection.errors.ts';
import { TensorExistsError, TensorNotFoundError } from '../tensors/tensor.errors.ts';

/** What the program ends with; documented in its help, as scripts decide by it. */
export const EXIT = { fault: 1, usage: 2, signedOut: 3, refused: 4, later: 5, interrupted: 130 } as const;

export const EXIT_HELP = `
Exit codes:
  0  done
  1  something went wrong on this machine
  2  the command, or a setting, is not as it should be
  3  nobody is signed in, or with a wrong password
  4  the server has refused
  5  the server cannot be reached, or wants to be asked later
  130  ended by Ctrl+C`;

/** The code for whatever was thrown. */
export function exitCodeOf(error: unknown): number {
  if (error instanceof InvalidArgumentError) return EXIT.usage;
  if (error instanceof CommanderError) return error.exitCode === 0 ? 0 : EXIT.usage;
  const isSignedOut = [AuthenticationError, NotSignedInError, WrongCredentialsError];
  if (isSignedOut.some((kind) => error instanceof kind)) return EXIT.signedOut;
  const isLater = [RateLimitError, UnavailableError, NetworkError, BackendUnreachableError];
  if (isLater.some((kind) => error instanceof kind)) return EXIT.later;
  if (error instanceof ConnectionError) return EXIT.usage;
  const isRefused = [ApiError, TensorExistsError, TensorNotFoundError];
  return isRefused.some((kind) => error instanceof kind) ? EXIT.refused : EXIT.fault;
}
