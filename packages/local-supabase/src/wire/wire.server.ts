import { randomInt } from 'node:crypto';
import { once } from 'node:events';
import { createServer } from 'node:net';
import type { AddressInfo, Server, Socket } from 'node:net';
import { takePort } from '../port.ts';
import type { Engine } from '../postgres/engine.ts';
import { Backend, QueryFailed } from './backend.ts';
import { FrameReader } from './frames.ts';
import type { Frame } from './frames.ts';
import {
  authenticationCleartextPassword,
  authenticationOk,
  backendKeyData,
  errorResponse,
  negotiateProtocolVersion,
  parameterStatus,
  readyForQuery,
  texts,
} from './messages.ts';
import { admit, doorkeeper, readStartup, StartupRefused } from './session.startup.ts';
import type { StartupPacket } from './session.startup.ts';
import { WireSession } from './wire.session.ts';

const SSL_REQUEST = 80877103;
const GSS_REQUEST = 80877104;
const CANCEL_REQUEST = 80877102;
const PROTOCOL_3_0 = 3 << 16;
/** Nobody needs longer packets, or more time, before the session. */
const MAX_STARTUP_LENGTH = 10_000;
const STARTUP_TIMEOUT_MS = 60_000;

interface Admitted {
  readonly session: WireSession;
  readonly secret: number;
}

/** Serves one Postgres backend to many clients, on the wire. */
export class WireServer {
  private readonly backend: Backend;
  private readonly server: Server;
  private readonly sessions = new Map<number, Admitted>();
  private readonly sockets = new Set<Socket>();
  private nextPid = 1000;

  constructor(engine: Engine) {
    this.backend = new Backend(engine);
    this.server = createServer({ noDelay: true }, (socket) => this.accept(socket));
  }

  /** @returns the port: the one asked for, or a free one for 0. */
  async listen(port: number): Promise<number> {
    await takePort(port, 'Postgres', () => once(this.server.listen(port, '127.0.0.1'), 'listening'));
    return (this.server.address() as AddressInfo).port;
  }

  /** Ends all sessions and stops listening. */
  async close(): Promise<void> {
    const closed = new Promise((resolve) => this.server.close(resolve));
    const farewell = errorResponse({
      severity: 'FATAL',
      code: '57P01',
      message: 'terminating connection due to administrator command',
    });
    for (const socket of this.sockets) {
      if (socket.writable) socket.end(farewell);
      setTimeout(() => socket.destroy(), 200).unref();
    }
    await closed;
  }

  private accept(socket: Socket): void {
    this.sockets.add(socket);
    const connection = new Connection(socket, this.backend, this);
    socket.setTimeout(STARTUP_TIMEOUT_MS, () => socket.destroy());
    socket.on('data', (chunk) => connection.receive(chunk));
    socket.on('error', () => socket.destroy());
    socket.on('close', () => {
      this.sockets.delete(socket);
      connection.close();
    });
  }

  claimPid(): number {
    this.nextPid += 1;
    return this.nextPid;
  }

  register(session: WireSession): number {
    const secret = randomInt(2 ** 31 - 1);
    this.sessions.set(session.pid, { session, secret });
    return secret;
  }

  forget(pid: number): void {
    this.sessions.delete(pid);
  }

  cancel(pid: number, secret: number): void {
    const admitted = this.sessions.get(pid);
    if (admitted?.secret === secret) admitted.session.cancel();
  }
}

/** A socket on its way to a session. */
class Connection {
  private readonly socket: Socket;
  private readonly backend: Backend;
  private readonly server: WireServer;
  private readonly reader = new FrameReader(false, MAX_STARTUP_LENGTH);
  private readonly typedReader = new FrameReader(true);
  private packet: StartupPacket | undefined;
  private session: WireSession | undefined;
  /** Messages that came while the password was being checked. */
  private early: Frame[] | undefined;
  private closed = false;

  constructor(socket: Socket, backend: Backend, server: WireServer) {
    this.socket = socket;
    this.backend = backend;
    this.server = server;
  }

  receive(chunk: Buffer): void {
    try {
      if (!this.packet) for (const frame of this.reader.push(chunk)) this.startup(frame);
      else for (const frame of this.typedReader.push(chunk)) this.take(frame);
    } catch (error) {
      this.refuse(error);
    }
  }

  close(): void {
    this.closed = true;
    this.session?.close();
    if (this.session) this.server.forget(this.session.pid);
  }

  private startup(frame: Frame): void {
    const code = frame.body.length >= 4 ? frame.body.readInt32BE(0) : 0;
    if (code === SSL_REQUEST || code === GSS_REQUEST) {
      this.socket.write('N');
    } else if (code === CANCEL_REQUEST) {
      this.server.cancel(frame.body.readInt32BE(4), frame.body.readInt32BE(8));
      this.socket.end();
    } else if (code >> 16 === 3) {
      this.packet = readStartup(frame.body);
      if (code !== PROTOCOL_3_0 || this.packet.unknownOptions.length > 0) {
        this.socket.write(negotiateProtocolVersion(this.packet.unknownOptions));
      }
      this.socket.write(authenticationCleartextPassword());
    } else {
      throw new StartupRefused('0A000', `unsupported frontend protocol ${code >> 16}.${code & 0xffff}`);
    }
  }

  private take(frame: Frame): void {
    if (this.session) this.session.receive(frame);
    else if (this.early) this.early.push(frame);
    else if (frame.type === 'p') {
      this.early = [];
      this.enter(texts(frame.body, 1)[0] ?? '').catch((error: unknown) => this.refuse(error));
    } else if (frame.type === 'X') this.socket.end();
    else throw new StartupRefused('08P01', `expected password response, got message type "${frame.type}"`);
  }

  private async enter(password: string): Promise<void> {
    if (!this.packet) return;
    const tenant = doorkeeper();
    const baseline = await admit(this.backend, tenant, this.packet, password);
    const identity = { pid: this.server.claimPid(), user: this.packet.user, baseline };
    const probe: typeof tenant = { ...tenant, settings: baseline, baseline };
    // Postgres says here which of the settings it does not accept, and how it spells those it reports.
    await this.backend.acquire(probe);
    const session = new WireSession(this.socket, this.backend, identity);
    this.backend.release(probe);
    if (this.closed) return;
    this.session = session;
    const secret = this.server.register(session);
    this.socket.setTimeout(0);
    const greeting = [...session.reported].map(([name, value]) => parameterStatus(name, value));
    this.socket.write(
      Buffer.concat([
        authenticationOk(),
        ...greeting,
        backendKeyData(session.pid, secret),
        readyForQuery('I'),
      ]),
    );
    for (const frame of this.early?.splice(0) ?? []) session.receive(frame);
  }

  private refuse(error: unknown): void {
    const known = error instanceof StartupRefused || error instanceof QueryFailed;
    const code = known ? error.code : '08P01';
    const message = error instanceof Error ? error.message : String(error);
    if (this.socket.writable) this.socket.end(errorResponse({ severity: 'FATAL', code, message }));
  }
}
