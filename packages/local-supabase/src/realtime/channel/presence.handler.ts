import { isDeepStrictEqual } from 'node:util';
import { REPLY_REASONS, SHUTDOWN } from '../errors.ts';
import { LIMITS } from '../limits.ts';
import type { Frame } from '../protocol/frame.types.ts';
import { PresenceWindow } from '../presence/presence.window.ts';
import { isRecord } from '../protocol/value.checks.ts';
import type { JoinedChannel } from './joined.channel.types.ts';

const shown = new WeakMap<JoinedChannel, Record<string, unknown>>();
const windows = new WeakMap<JoinedChannel, PresenceWindow>();

/** Shows or hides a client among the others of its topic. Tracking enables presence where it was not asked for. */
export async function handlePresence(channel: JoinedChannel, frame: Frame): Promise<void> {
  if (!channel.socket.presenceEvents.take()) {
    channel.shutdown(SHUTDOWN.tooManyPresences);
    return;
  }
  const { payload } = frame;
  if (!isRecord(payload) || payload.event === undefined) {
    channel.reply(frame.ref, 'ok', {});
    return;
  }
  if (!windowOf(channel).take()) {
    channel.shutdown(SHUTDOWN.tooManyOwnPresences);
    return;
  }
  const event = typeof payload.event === 'string' ? payload.event.toLowerCase() : '';
  const { presences } = channel.services;
  if (event === 'untrack') {
    // Who does something hears first that it is done, and then, with all the others, what has changed.
    channel.reply(frame.ref, 'ok', {});
    presences.untrack(channel.room, channel);
    shown.delete(channel);
    return;
  }
  if (event !== 'track') {
    channel.reply(frame.ref, 'error', {});
    return;
  }
  const meta = payload.payload ?? {};
  if (!isRecord(meta)) {
    channel.reply(frame.ref, 'error', { reason: REPLY_REASONS.presenceNotMap });
    return;
  }
  if (channel.policies && !(await channel.policies.mayWrite('presence'))) {
    channel.reply(frame.ref, 'error', {});
    return;
  }
  if (Buffer.byteLength(JSON.stringify(meta)) > LIMITS.payloadBytes) {
    channel.shutdown(SHUTDOWN.presenceTooLarge);
    return;
  }
  const unchanged = isDeepStrictEqual(shown.get(channel), meta);
  shown.set(channel, meta);
  const newlyHears = !channel.hearsPresence && ((await channel.policies?.mayRead('presence')) ?? true);
  channel.reply(frame.ref, 'ok', {});
  const diff =
    unchanged || channel.closed
      ? undefined
      : presences.track(channel.room, channel, channel.config.presenceKey, meta);
  if (newlyHears) {
    channel.hearsPresence = true;
    channel.push('presence_state', presences.state(channel.room));
    if (diff) channel.pushPresenceDiff(diff);
  }
}

function windowOf(channel: JoinedChannel): PresenceWindow {
  const window = windows.get(channel) ?? new PresenceWindow();
  windows.set(channel, window);
  return window;
}
