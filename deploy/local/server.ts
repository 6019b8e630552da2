/** A server that was started for us, at an address of the loopback interface. */
export interface LocalServer {
  /** Such as `127.0.0.1:9092`, or `redis://127.0.0.1:6379`. */
  readonly address: string;
  pid(): number;
  /** Ends it in order; what it holds stays in its folder. */
  stop(): Promise<void>;
  /** Ends it at once, as a crash would. */
  kill(): Promise<void>;
  /** Starts it again on the same folder and port. */
  start(): Promise<void>;
}

export interface LocalServerOptions {
  /** A folder of its own, which exists. */
  readonly folder: string;
  readonly port: number;
  /** True lets it run on when we end. */
  readonly outlives?: boolean;
}

/** Told what takes long. */
export type Say = (line: string) => void;
