/** Room in the memory of a worker, asked for before an envelope is fetched. */
export interface Room {
  /** At once where there is room, else when there is; null when none may be fetched any more. */
  reserve(): Reservation | null | Promise<Reservation | null>;
  /** Answers null to every pending request. */
  close(): void;
}

export interface Reservation {
  /** Notes the number of events of the envelope that was fetched. */
  use(events: number): void;
  /** It is held no longer, or there was none. */
  release(): void;
}
