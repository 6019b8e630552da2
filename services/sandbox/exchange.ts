import type { IncomingMessage, ServerResponse } from 'node:http';
import type { Usage } from './behaviour/behaviour.ts';
import type { Armed } from './behaviour/book.ts';
import { envelope, type GraphError, newTraceId } from './graph-error.ts';
import type { PixelJournal } from './journal/pixel-journal.ts';
import type { Sandbox } from './sandbox.ts';

type Headers = Readonly<Record<string, string>>;

const IDLE: Usage = { callCount: 0, totalCpuTime: 0, totalTime: 0, regainMinutes: 0 };

/** One request to the events endpoint, from its head to the end of its answer. */
export class Exchange {
  readonly sandbox: Sandbox;
  readonly pixel: string;
  readonly request: IncomingMessage;
  readonly response: ServerResponse;
  readonly journal: PixelJournal;
  readonly traceId = newTraceId();
  usage = IDLE;
  /** Events in the request, once it could be read. */
  events: number | null = null;
  accepted = false;
  #answeredTruly = false;
  #over = false;

  constructor(sandbox: Sandbox, pixel: string, request: IncomingMessage, response: ServerResponse) {
    this.sandbox = sandbox;
    this.pixel = pixel;
    this.request = request;
    this.response = response;
    this.journal = sandbox.journal.of(pixel);
    this.journal.requestBegan(sandbox.options.now());
    response.once('close', () => this.#ended());
  }

  /** Uses a behaviour once; false when concurrent requests have used it up. */
  spend(armed: Armed): boolean {
    if (!this.sandbox.book.spend(armed)) return false;
    this.journal.behaved(armed.kind);
    return true;
  }

  /** `{"events_received": …}`: the only answer that is always true. */
  succeed(messages: readonly string[]): void {
    this.#answeredTruly = true;
    this.send(200, 'application/json; charset=UTF-8', this.successBody(messages));
  }

  successBody(messages: readonly string[]): string {
    return JSON.stringify({
      events_received: this.events ?? 0,
      messages,
      fbtrace_id: this.traceId,
    });
  }

  fail(error: GraphError, index: number | null = null, headers: Headers = {}): void {
    this.noteRefusal(error, index);
    const words = error.message.replaceAll('"', "'");
    const isOfToken = error.code === 190 || error.code === 104;
    this.send(error.status, 'application/json; charset=UTF-8', envelope(error, this.traceId), {
      ...headers,
      ...(isOfToken && {
        'www-authenticate': `OAuth "Facebook Platform" "invalid_token" "${words}"`,
      }),
    });
  }

  /** Counts a refusal, unless the events were accepted and the answer is untrue. */
  noteRefusal(
    { status, code, subcode, message }: Partial<GraphError> & Pick<GraphError, 'status'>,
    index: number | null = null,
  ): void {
    if (this.accepted) return;
    this.journal.refuse({
      at: this.sandbox.options.now(),
      status,
      code: code ?? null,
      subcode: subcode ?? null,
      message: message ?? null,
      traceId: this.traceId,
      events: this.events,
      index,
    });
  }

  send(status: number, type: string, body: string, headers: Headers = {}): void {
    if (this.response.headersSent || this.response.destroyed) return;
    const bytes = Buffer.from(body);
    this.head(status, type, bytes.length, headers);
    this.response.end(bytes);
  }

  /** Source of the headers: Meta, Graph API rate limits; error handling. */
  head(status: number, type: string, length: number, headers: Headers = {}): void {
    this.response.writeHead(status, {
      'content-type': type,
      'content-length': length,
      'x-fb-trace-id': this.traceId,
      ...usageHeaders(this.usage, this.pixel),
      ...headers,
    });
  }

  /** From now on the events are accepted, even if the client has gone. */
  accept(): void {
    this.accepted = true;
    if (this.#over) this.journal.leftUnanswered(this.events ?? 0);
  }

  #ended(): void {
    this.#over = true;
    this.journal.state.requests.inFlight -= 1;
    if (!this.accepted || (this.#answeredTruly && this.response.writableFinished)) return;
    this.journal.leftUnanswered(this.events ?? 0);
  }
}

function usageHeaders(usage: Usage, pixel: string): Record<string, string> {
  const percentages = {
    call_count: usage.callCount,
    total_cputime: usage.totalCpuTime,
    total_time: usage.totalTime,
  };
  const useCase = {
    type: 'ads_management',
    ...percentages,
    estimated_time_to_regain_access: usage.regainMinutes,
  };
  return {
    'x-app-usage': JSON.stringify(percentages),
    'x-business-use-case-usage': JSON.stringify({ [pixel]: [useCase] }),
  };
}
