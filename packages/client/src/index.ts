/** What works in Node and in browsers alike. Managers that need Node, a database or Redis have paths of their own. */
export {
  createClient,
  type ClientOptions,
  type ClientParts,
  type SupanestClient,
} from './client/create-client.ts';
export type { CallOptions, Input, OperationId, Operations, Output } from './client/client.types.ts';
export {
  ApiError,
  AuthenticationError,
  ConflictError,
  InsufficientCreditsError,
  InternalError,
  NetworkError,
  NotFoundError,
  PayloadTooLargeError,
  PermissionDeniedError,
  RateLimitError,
  SignedOutError,
  SupanestError,
  UnavailableError,
  ValidationError,
  type ErrorAnswer,
  type FieldFault,
} from './client/errors.ts';
export type { HttpClient } from './client/operations.ts';
export type { RetryOptions } from './client/retry.ts';
export type { ClientSession, EmailAndPassword, SignInAnswer, User } from './client/session.ts';
export type { Credentials, CredentialsManager } from './credentials/credentials.types.ts';
export {
  LocalStorageCredentialsManager,
  type LocalStorageOptions,
} from './credentials/local-storage.manager.ts';
export { MemoryCredentialsManager } from './credentials/memory.manager.ts';
export type { SessionListener } from './credentials/signed-in-session.ts';
export { SubscriptionEndedError, type Realtime } from './realtime/realtime.ts';
export type {
  ChannelMessage,
  ListenOptions,
  LostMessages,
  RealtimeEvent,
  Subscription,
} from './realtime/realtime.types.ts';
export type { Progress, ProgressListener } from './storage/progress.ts';
export type {
  Download,
  DownloadOptions,
  FileBody,
  FilePlace,
  FileStorage,
  StoredFile,
  UploadOptions,
} from './storage/storage.ts';
