/** The parts of PGlite's Emscripten module that drive Postgres' main loop; PGlite does not type them. */
export interface PostgresModule {
  readonly HEAPU8: Uint8Array;
  readonly FS: { writeFile(path: string, text: string): void };
  addFunction(callback: (pointer: number, length: number) => number, signature: 'ipi'): number;
  _PostgresMainLoopOnce(): void;
  _PostgresMainLongJmp(): void;
  _PostgresSendReadyForQueryIfNecessary(): void;
  _pgl_pq_flush(): void;
  /** Sets the status with which Postgres stopped, and tells the one before. */
  _pgl_setPGliteExitStatus(status: number): number;
  _pgl_getMyProcPort(): number;
  _ProcessStartupPacket(port: number, sslDone: boolean, gssDone: boolean): number;
  _pgl_sendConnData(): void;
  _pq_buffer_remaining_data(): number;
  _pgl_set_rw_cbs(read: number, write: number): void;
  /** Addresses of Postgres' own flags. */
  readonly _InterruptPending: number;
  readonly _QueryCancelPending: number;
}
