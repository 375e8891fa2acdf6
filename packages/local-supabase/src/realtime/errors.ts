/**
 * Everything Realtime refuses, with the texts clients know. `join` is the reason of a refused join (`Code: message`);
 * `system` is the message of the system event that precedes a closed channel.
 */
export class RealtimeRefusal extends Error {
  readonly code: string;

  constructor(code: string, message: string) {
    super(message);
    this.name = 'RealtimeRefusal';
    this.code = code;
  }

  /** As a join's reply gives it. */
  get reason(): string {
    return `${this.code}: ${this.message}`;
  }
}

/** @param topic without its prefix */
export const cannotRead = (topic: string): RealtimeRefusal =>
  new RealtimeRefusal(
    'Unauthorized',
    `You do not have permissions to read from this Channel topic: ${topic}`,
  );

export const tokenExpired = (secondsAgo: number): RealtimeRefusal =>
  new RealtimeRefusal('InvalidJWTToken', `Token has expired ${secondsAgo} seconds ago`);

export const REFUSALS = {
  topicRequired: new RealtimeRefusal('TopicNameRequired', 'You must provide a topic name'),
  missingKey: new RealtimeRefusal('MissingAPIKey', 'API key is missing'),
  malformedToken: new RealtimeRefusal('MalformedJWT', 'The token provided is not a valid JWT'),
  wrongSignature: new RealtimeRefusal('JwtSignatureError', 'Failed to validate JWT signature'),
  missingClaims: new RealtimeRefusal('InvalidJWTToken', 'Fields `role` and `exp` are required in JWT'),
  tooManyChannels: new RealtimeRefusal('ChannelRateLimitReached', 'Too many channels'),
  tooManyJoins: new RealtimeRefusal('ClientJoinRateLimitReached', 'Too many joins per second'),
  tooManySockets: new RealtimeRefusal('ConnectionRateLimitReached', 'Too many connected users'),
  replayOnPublic: new RealtimeRefusal('UnableToReplayMessages', 'Replay is not allowed for public channels'),
  replayParameters: new RealtimeRefusal('UnableToReplayMessages', 'Replay params are not valid'),
  databaseUnavailable: new RealtimeRefusal(
    'UnableToConnectToProject',
    'Realtime was unable to connect to the project database',
  ),
} as const;

/** Messages of the system event with which a channel is shut down. */
export const SHUTDOWN = {
  tooManyMessages: 'Too many messages per second',
  tooManyPresences: 'Too many presence messages per second',
  tooManyOwnPresences: 'Client presence rate limit exceeded',
  presenceTooLarge: 'Track message size exceeded',
  missingClaims: 'Fields `role` and `exp` are required in JWT',
} as const;

/** Reasons of error replies on a joined channel. */
export const REPLY_REASONS = {
  unmatchedTopic: 'unmatched topic',
  payloadTooLarge: 'payload_size_exceeded',
  cannotWrite: 'unauthorized',
  persistPublic: 'Messages of a public channel cannot be stored',
  persistRefused: 'You do not have permissions to store messages of this topic',
  presenceNotMap: 'Presence track payload must be a map',
} as const;
