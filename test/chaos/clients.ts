import { randomUUID } from 'node:crypto';
import { setTimeout as pause } from 'node:timers/promises';
import type { World } from './world.js';

/** A user of the world, or its administrator. */
export interface Person {
  token: string;
  profileId: number;
}

/** What a client asked, and what it knows of the answer. */
export interface Entry {
  requestId: string;
  profileId: number;
  action: Action;
  /** The process that was asked. */
  url: string;
  /** Absent when no answer arrived. */
  status?: number;
  /** X-Credits-Charged, where the answer had one. */
  charged?: number;
}

export type Action = 'charge' | 'fail' | 'grant';

/** Where the actions lead, and what a request costs there. A table that does not exist is an error of the handler. */
export const PRICED = {
  charge: { path: '/api/credits/transactions/summary', price: 2 },
  fail: { path: '/api/database/no_such_table', price: 3 },
};
export const GRANT = 5;

const PATIENCE_MS = 4_000;

/** Asks one thing after the other, of either process, until it is told to stop. Each request has an id of its own. */
export async function client(
  world: World,
  { users, admin, random, running, thinkMs }: Crowd,
): Promise<Entry[]> {
  const diary: Entry[] = [];
  while (running()) {
    const user = users[Math.floor(random() * users.length)] ?? admin;
    const dice = random();
    const action = dice < 0.7 ? 'charge' : dice < 0.9 ? 'fail' : 'grant';
    const url = world.url(random() < 0.5 ? 0 : 1);
    const entry: Entry = { requestId: randomUUID(), profileId: user.profileId, action, url };
    diary.push(entry);
    const answer = await (
      action === 'grant' ? grant(url, entry, admin) : ask(url + PRICED[action].path, entry, user)
    ).catch(() => undefined);
    if (answer) {
      entry.status = answer.status;
      const charged = answer.headers.get('x-credits-charged');
      if (charged !== null) entry.charged = Number(charged);
    } else {
      // It may have been done, or not. Knock again a little later.
      await pause(25);
    }
    if (thinkMs > 0) await pause(thinkMs * random());
  }
  return diary;
}

/** What clients share. */
export interface Crowd {
  users: readonly Person[];
  admin: Person;
  /** From 0 to below 1. */
  random: () => number;
  running: () => boolean;
  /** At most so long between an answer and the next request. */
  thinkMs: number;
}

interface AskInit {
  method?: string;
  headers?: Record<string, string>;
  body?: string;
}

const ask = (url: string, entry: Entry, { token }: Person, init: AskInit = {}): Promise<Response> =>
  fetch(url, {
    ...init,
    headers: { ...init.headers, authorization: `Bearer ${token}`, 'x-request-id': entry.requestId },
    signal: AbortSignal.timeout(PATIENCE_MS),
  }).then(async (response) => {
    await response.arrayBuffer();
    return response;
  });

const grant = (url: string, entry: Entry, admin: Person): Promise<Response> =>
  ask(`${url}/api/users/${String(entry.profileId)}/add_credits`, entry, admin, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ amount: GRANT, reason: entry.requestId }),
  });
