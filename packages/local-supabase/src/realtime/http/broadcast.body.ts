import { LIMITS } from '../limits.ts';
import type { BroadcastMessage } from '../protocol/frame.types.ts';
import { flagOf, isRecord } from '../protocol/value.checks.ts';

/** One message of a batch. */
export interface BatchMessage {
  readonly topic: string;
  readonly isPrivate: boolean;
  readonly message: BroadcastMessage;
}

/** Faults of a batch by field, as a changeset of Realtime lists them. */
export type BatchErrors = Record<string, unknown>;

/** Reads `{messages: [{topic, event, payload, private?}]}`: all the messages, or the faults. */
export function readMessages(body: unknown): { messages: BatchMessage[]; errors?: BatchErrors } {
  const list = isRecord(body) ? body.messages : undefined;
  if (!Array.isArray(list) || list.length === 0)
    return { messages: [], errors: { messages: ["can't be blank"] } };
  const faults = list.map(faultsOf);
  if (faults.some((fault) => Object.keys(fault).length > 0))
    return { messages: [], errors: { messages: faults } };
  return { messages: list.map(readMessage) };
}

function faultsOf(item: unknown): Record<string, string[]> {
  const message = isRecord(item) ? item : {};
  const faults: Record<string, string[]> = {};
  for (const field of ['topic', 'event']) {
    if (message[field] === undefined || message[field] === null || message[field] === '') {
      faults[field] = ["can't be blank"];
    } else if (typeof message[field] !== 'string') {
      faults[field] = ['is invalid'];
    }
  }
  const { payload } = message;
  if (payload === undefined || payload === null) faults.payload = ["can't be blank"];
  else if (!isRecord(payload)) faults.payload = ['is invalid'];
  else if (Buffer.byteLength(JSON.stringify(payload)) > LIMITS.payloadBytes) {
    faults.payload = ['Payload size exceeds tenant limit'];
  }
  return faults;
}

function readMessage(item: unknown): BatchMessage {
  const message = item as { topic: string; event: string; payload: unknown; private?: unknown; id?: unknown };
  const payload: Record<string, unknown> = {
    type: 'broadcast',
    event: message.event,
    payload: message.payload,
  };
  if (typeof message.id === 'string') payload.meta = { id: message.id };
  return {
    topic: message.topic,
    isPrivate: flagOf(message.private, false),
    message: { kind: 'json', payload },
  };
}
