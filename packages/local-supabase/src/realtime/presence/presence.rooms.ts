import { randomBytes } from 'node:crypto';

/** What one member shows of itself: its own payload and the references that presence clients merge by. */
export type PresenceMeta = Readonly<Record<string, unknown>> & { readonly phx_ref: string };

/** Presences by key, as clients know them. */
export type PresenceState = Record<string, { metas: PresenceMeta[] }>;

export interface PresenceDiff {
  readonly joins: PresenceState;
  readonly leaves: PresenceState;
}

/** Who hears of presences in a room. */
export interface PresenceMember {
  readonly hearsPresence: boolean;
  pushPresenceDiff(diff: PresenceDiff): void;
}

interface Presence {
  readonly key: string;
  readonly meta: PresenceMeta;
}

/** Who is present where. A member has one presence in a room; several members may share a key (tabs of one user). */
export class PresenceRooms {
  readonly #members = new Map<string, Set<PresenceMember>>();
  readonly #presences = new Map<string, Map<PresenceMember, Presence>>();

  /** From now on the member hears of changes. */
  enter(room: string, member: PresenceMember): void {
    const members = this.#members.get(room) ?? new Set();
    this.#members.set(room, members.add(member));
  }

  /** The member is gone, and so is what it showed. */
  leave(room: string, member: PresenceMember): void {
    this.#drop(this.#members, room, member);
    this.untrack(room, member);
  }

  /** Shows a payload, or another one than before. @returns what those heard who hear of it */
  track(
    room: string,
    member: PresenceMember,
    key: string,
    payload: Readonly<Record<string, unknown>>,
  ): PresenceDiff {
    const presences = this.#presences.get(room) ?? new Map<PresenceMember, Presence>();
    this.#presences.set(room, presences);
    const before = presences.get(member);
    const meta: PresenceMeta = {
      ...payload,
      phx_ref: randomBytes(12).toString('base64url'),
      ...(before ? { phx_ref_prev: before.meta.phx_ref } : {}),
    };
    presences.set(member, { key, meta });
    const diff = {
      joins: { [key]: { metas: [meta] } },
      leaves: before ? { [key]: { metas: [before.meta] } } : {},
    };
    this.#tell(room, diff);
    return diff;
  }

  /** Shows nothing more; nothing happens when nothing was shown. */
  untrack(room: string, member: PresenceMember): void {
    const presence = this.#presences.get(room)?.get(member);
    if (!presence) return;
    this.#drop(this.#presences, room, member);
    this.#tell(room, { joins: {}, leaves: { [presence.key]: { metas: [presence.meta] } } });
  }

  state(room: string): PresenceState {
    const state: PresenceState = {};
    for (const { key, meta } of this.#presences.get(room)?.values() ?? []) {
      (state[key] ??= { metas: [] }).metas.push(meta);
    }
    return state;
  }

  #tell(room: string, diff: PresenceDiff): void {
    for (const member of this.#members.get(room) ?? []) {
      if (member.hearsPresence) member.pushPresenceDiff(diff);
    }
  }

  #drop(
    rooms: Map<string, { delete(member: PresenceMember): boolean; readonly size: number }>,
    room: string,
    member: PresenceMember,
  ): void {
    const members = rooms.get(room);
    members?.delete(member);
    if (members?.size === 0) rooms.delete(room);
  }
}
