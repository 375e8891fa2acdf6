import { randomUUID } from 'node:crypto';
import { expect } from '@jest/globals';
import type { Caller } from '../harness/caller.js';
import { EventSource } from '../harness/event-source.js';

/** Where subscriptions are made. */
export const PATH = '/api/realtime/subscriptions';
/** A channel of nobody else's. */
export const room = (): string => `room-${randomUUID()}`;

/** The id of a new subscription. */
export async function subscribe(caller: Caller, channel = room()): Promise<string> {
  const { status, body } = await caller.post<{ subscription_id: string }>(PATH, { channel });
  expect(status).toBe(201);
  return body.subscription_id;
}

/** Its events. */
export const read = (caller: Caller, id: string): Promise<EventSource> =>
  EventSource.open(caller, `${PATH}/${id}/events`);
