import { connect, type Socket } from 'node:net';
import { setTimeout as pause } from 'node:timers/promises';

/** Connections that only cost: opened a few hundred at a time, all closed in the end. */
export class Crowd {
  private readonly sockets = new Set<Socket>();
  private readonly timers = new Set<NodeJS.Timeout>();
  /** Answered with 408, or just closed by the server. */
  cutOff = 0;

  private readonly url: URL;

  constructor(url: string) {
    this.url = new URL(url);
  }

  get size(): number {
    return this.sockets.size;
  }

  /** Each asks once, is answered, and then keeps its connection. */
  async idle(count: number): Promise<void> {
    await this.inGroups(count, async () => {
      const socket = await this.open();
      socket.write('GET /api/health HTTP/1.1\r\nHost: a\r\n\r\n');
      await new Promise((resolve) => socket.once('data', resolve));
    });
  }

  /** Each sends the head of a request, byte by byte, and never comes to its end (slowloris). */
  async slow(count: number): Promise<void> {
    await this.inGroups(count, async () => {
      const socket = await this.open();
      socket.write('GET /api/credits HTTP/1.1\r\nHost: a\r\nX-Slow: ');
      const timer = setInterval(() => socket.write('x'), 500);
      this.timers.add(timer);
      socket.on('close', () => {
        clearInterval(timer);
        this.cutOff += 1;
      });
    });
  }

  close(): void {
    for (const timer of this.timers) clearInterval(timer);
    for (const socket of this.sockets) socket.removeAllListeners('close').destroy();
    this.sockets.clear();
  }

  private async inGroups(count: number, one: () => Promise<void>): Promise<void> {
    for (let left = count; left > 0; left -= 250) {
      await Promise.all(Array.from({ length: Math.min(250, left) }, one));
      await pause(10);
    }
  }

  private open(): Promise<Socket> {
    const { hostname, port } = this.url;
    return new Promise((resolve, reject) => {
      const socket = connect(Number(port), hostname, () => resolve(socket));
      socket.on('error', reject);
      socket.on('close', () => this.sockets.delete(socket));
      this.sockets.add(socket);
    });
  }
}
