/** Connecting from Node: `@supanest/client/connection`. */
export {
  linkTo,
  login,
  resume,
  signup,
  type AuthAnswer,
  type ConnectionOptions,
  type LinkOptions,
} from './connection.ts';
export {
  BackendUnreachableError,
  ConnectionError,
  InvalidUrlError,
  MissingCredentialsError,
  MissingSettingsError,
  NotSignedInError,
  WrongCredentialsError,
  WrongKeyError,
} from './connection.errors.ts';
