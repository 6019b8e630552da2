import type { Answer, Refusal } from './answer.ts';

const INDEX = /\$\['data'\]\[(\d+)\]|\bdata\[(\d+)\]/;

/** The personal values of a request that Meta's messages may repeat; it gets no others. */
const PERSONAL: readonly RegExp[] = [
  /[^\s"'<>@]+@[^\s"'<>@]+\.[^\s"'<>@]+/g, // e-mail address
  /\b[0-9a-f]{64}\b/gi, // SHA-256
  /\b\d{1,3}(?:\.\d{1,3}){3}\b/g, // IPv4
  /(?<![\w:])(?=[\da-f:]*::|(?:[\da-f]{1,4}:){4})[\da-f:]{4,}/gi, // IPv6
  /\bfb\.\d\.\d{10,}\.[\w.-]+/g, // click and browser ids
  /\bhttps?:\/\/(?!(?:[\w-]+\.)*facebook\.com\b)[^\s"'<>]+/g, // a page, but not one that explains the error
];
const MESSAGE_LIMIT = 500;

export type Json = Readonly<Record<string, unknown>>;

/** Meta's error envelope, when the body is one: `{"error": {"code", "message", …}}`. */
export interface ErrorEnvelope {
  readonly code: number | null;
  readonly subcode: number | null;
  readonly transient: boolean;
  readonly message: string;
  readonly traceId: string | null;
}

/** The body as a JSON object; null for HTML, cut-off, empty and other answers. */
export function readObject(body: string): Json | null {
  try {
    const value: unknown = JSON.parse(body);
    return typeof value === 'object' && value !== null && !Array.isArray(value)
      ? (value as Json)
      : null;
  } catch {
    return null;
  }
}

export function readErrorEnvelope(body: Json | null): ErrorEnvelope | null {
  const error = body?.['error'];
  if (typeof error !== 'object' || error === null) return null;
  const fields = error as Json;
  const words = [fields['message'], fields['error_user_title'], fields['error_user_msg']];
  return {
    code: integer(fields['code']),
    subcode: integer(fields['error_subcode']),
    transient: fields['is_transient'] === true,
    message: words.filter((word) => typeof word === 'string' && word !== '').join(' '),
    traceId: text(fields['fbtrace_id']),
  };
}

/** What to keep of a refusal. Meta may quote what it was sent, so values of a person are cut out. */
export function refusalOf(
  answer: Answer & { kind: 'answered' },
  error: ErrorEnvelope | null,
): Refusal {
  const message = error?.message || `HTTP ${answer.status} without Meta's error envelope`;
  const named = INDEX.exec(message);
  return {
    status: answer.status,
    code: error?.code ?? null,
    subcode: error?.subcode ?? null,
    message: withoutPersonalData(message),
    traceId: error?.traceId ?? text(answer.headers['x-fb-trace-id']),
    index: named === null ? null : Number(named[1] ?? named[2]),
  };
}

function withoutPersonalData(message: string): string {
  const clean = PERSONAL.reduce((text, pattern) => text.replace(pattern, '[removed]'), message);
  return clean.slice(0, MESSAGE_LIMIT);
}

function integer(value: unknown): number | null {
  return typeof value === 'number' && Number.isInteger(value) ? value : null;
}

function text(value: unknown): string | null {
  return typeof value === 'string' && value !== '' ? value.slice(0, 128) : null;
}
