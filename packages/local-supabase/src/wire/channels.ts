/** Who listens to which channel: the backend itself listens to all of them together. */
export class Channels<Listener> {
  private readonly listeners = new Map<string, Set<Listener>>();

  listen(channel: string, listener: Listener): void {
    const set = this.listeners.get(channel) ?? new Set();
    this.listeners.set(channel, set.add(listener));
  }

  unlisten(channel: string, listener: Listener): void {
    const set = this.listeners.get(channel);
    set?.delete(listener);
    if (set?.size === 0) this.listeners.delete(channel);
  }

  unlistenAll(listener: Listener): void {
    for (const channel of [...this.listeners.keys()]) this.unlisten(channel, listener);
  }

  of(channel: string): Iterable<Listener> {
    return this.listeners.get(channel) ?? [];
  }

  names(): string[] {
    return [...this.listeners.keys()];
  }
}
