import type { Agenda } from './agenda.ts';
import type { Settings } from './settings.ts';

/** Events that go the same way at the same time, and when they came to Kafka. */
export interface Envelope {
  readonly bornAt: number;
  /** Those that no request has delivered yet. */
  open: number;
}

interface Part {
  readonly envelope: Envelope;
  events: number;
}

interface LaneDeps {
  readonly agenda: Agenda;
  readonly settings: Settings;
  /** The requests in flight of this worker. */
  readonly requests: { inFlight: number };
  /** How long Meta takes for the next request, in seconds. */
  readonly answerTime: () => number;
  readonly delivered: (bornAt: number, events: number) => void;
  /** A request has ended: what waits for its place may go. */
  readonly ended: () => void;
}

/** The lane of a pixel in one worker: it fills requests, and sends as many at once as it may. */
export class LaneModel {
  private readonly deps: LaneDeps;
  private readonly parts: Part[] = [];
  private waiting = 0;
  private due = false;
  private lingers = false;
  private inFlight = 0;
  /** Envelopes that are not delivered as a whole. */
  held = 0;

  constructor(deps: LaneDeps) {
    this.deps = deps;
  }

  add(envelope: Envelope): void {
    this.parts.push({ envelope, events: envelope.open });
    this.waiting += envelope.open;
    this.linger();
    this.send();
  }

  /** Sends what is full or has waited long enough, as far as there is place for requests. */
  send(): void {
    const { settings, requests } = this.deps;
    while (
      (this.waiting >= settings.requestEvents || (this.due && this.waiting > 0)) &&
      this.inFlight < settings.requestsPerPixel &&
      requests.inFlight < settings.requestsPerWorker
    ) {
      this.request();
    }
  }

  private linger(): void {
    if (this.lingers || this.due) return;
    this.lingers = true;
    const { agenda, settings } = this.deps;
    agenda.plan(agenda.now + settings.requestLinger, () => {
      this.lingers = false;
      this.due = true;
      this.send();
    });
  }

  private request(): void {
    const { agenda, requests, answerTime } = this.deps;
    const sent = this.take();
    this.inFlight += 1;
    requests.inFlight += 1;
    this.due = false;
    if (this.waiting > 0) this.linger();
    agenda.plan(agenda.now + answerTime(), () => this.answer(sent));
  }

  private take(): Part[] {
    const taken: Part[] = [];
    let room = this.deps.settings.requestEvents;
    while (room > 0 && this.parts[0] !== undefined) {
      const [first] = this.parts;
      const events = Math.min(room, first.events);
      taken.push({ envelope: first.envelope, events });
      first.events -= events;
      if (first.events === 0) this.parts.shift();
      room -= events;
    }
    this.waiting -= this.deps.settings.requestEvents - room;
    return taken;
  }

  private answer(sent: readonly Part[]): void {
    const { requests, delivered, ended } = this.deps;
    this.inFlight -= 1;
    requests.inFlight -= 1;
    for (const { envelope, events } of sent) {
      delivered(envelope.bornAt, events);
      envelope.open -= events;
      if (envelope.open === 0) this.held -= 1;
    }
    ended();
  }
}
