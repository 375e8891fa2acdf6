import { Injectable, Logger, type OnModuleDestroy } from '@nestjs/common';
import { Readmission } from '../../credits/readmission.service.js';
import type { Identity } from '../../platform/http/actor.js';
import type { EndReason } from './end-reason.types.js';

/** Something that lasts longer than a request, and only as long as its session. */
export interface Member {
  end(reason: EndReason): void;
  /** The session has a newer token. */
  renewed?(): void;
}

/** A session that something lasts for. */
export interface WatchedSession {
  /** As its newest token says. */
  identity: Identity;
  readonly members: Set<Member>;
}

/** How often sessions are looked at: so long does a stream live on after a sign-out, at most. */
const INTERVAL_MS = 3_000;

/**
 * Watches over the sessions behind subscriptions and streams: each must still be one that would be admitted, with a token
 * that has not expired. All of them are asked about in one statement.
 */
@Injectable()
export class SessionWatch implements OnModuleDestroy {
  private readonly logger = new Logger(SessionWatch.name);
  private readonly sessions = new Map<string, WatchedSession>();
  private readonly timer = setInterval(() => void this.look(), INTERVAL_MS).unref();
  private looking = false;

  constructor(private readonly readmission: Readmission) {}

  /** Ties something to the session of an identity. */
  join(identity: Identity, member: Member): WatchedSession {
    const session = this.renew(identity) ?? { identity, members: new Set() };
    this.sessions.set(keyOf(identity), session);
    session.members.add(member);
    return session;
  }

  leave(session: WatchedSession, member: Member): void {
    session.members.delete(member);
    if (session.members.size === 0) this.sessions.delete(keyOf(session.identity));
  }

  /** A request has come: if its token is the newest of a watched session, all that lasts for it goes on with that one. */
  renew(identity: Identity): WatchedSession | undefined {
    const session = this.sessions.get(keyOf(identity));
    if (session && expiryOf(identity) > expiryOf(session.identity)) {
      session.identity = identity;
      for (const member of session.members) member.renewed?.();
    }
    return session;
  }

  get size(): number {
    return this.sessions.size;
  }

  onModuleDestroy(): void {
    clearInterval(this.timer);
  }

  private async look(): Promise<void> {
    if (this.looking) return;
    this.looking = true;
    try {
      await Promise.all([...this.sessions.values()].map((session) => this.lookAt(session)));
    } catch (error) {
      // Who cannot be asked about stays until he can be, or until his token has expired.
      this.logger.warn({ msg: 'sessions of subscriptions could not be checked', err: error });
    } finally {
      this.looking = false;
    }
  }

  private async lookAt(session: WatchedSession): Promise<void> {
    const { userId, sessionId } = session.identity;
    if (expiryOf(session.identity) <= Date.now() / 1_000) {
      end(session, 'token_expired');
      return;
    }
    const standing = await this.readmission.standingOf(userId, sessionId);
    if (standing !== 'admitted') end(session, standing);
  }
}

function end(session: WatchedSession, reason: EndReason): void {
  for (const member of [...session.members]) member.end(reason);
}

const keyOf = ({ userId, sessionId }: Identity): string => `${userId}:${sessionId ?? ''}`;

const expiryOf = ({ claims }: Identity): number => (typeof claims.exp === 'number' ? claims.exp : 0);
