import { OUTCOME_KINDS } from './answer.ts';
import { CODE_RULES, type Consequence, STATUS_RULES, sourceOf } from './rules.ts';

const DOING: Readonly<Record<(typeof OUTCOME_KINDS)[number], string>> = {
  delivered: 'Its events are counted as delivered.',
  retry:
    'It is tried again after a rest that grows; an attempt counts. When it fails again and again, the pixel stands still over the fleet, and then no attempt counts. An event that is answered so whenever it is sent is isolated, see below.',
  throttled:
    'The pixel stands still over the fleet for as long as Meta says (`retry-after`, `estimated_time_to_regain_access`), at most an hour, and at least for `worker.throttle.leastMs`, which doubles with each probe that is throttled; else for `worker.throttle.defaultMs`, longer each time. No attempt counts.',
  blocked:
    'The pixel stands still over the fleet until a person mends token, permission or setting; a small request looks every `worker.blocked.probeMs`. No attempt counts.',
  rejected:
    'The request is taken apart until each offender stands alone as a dead letter with the words of Meta; the others are delivered. When nearly everything is refused for one reason, the pixel is blocked instead.',
};

/** The reference page of what Meta's answers lead to, from the tables that decide it. */
export function outcomesPage(): string {
  const kinds = OUTCOME_KINDS.map((kind) => `| \`${kind}\` | ${DOING[kind]} |`);
  const codes = CODE_RULES.map(({ code, subcode, consequence, meaning, source }) => {
    const place = `${range(code)} | ${subcode ?? 'any'}`;
    return `| ${place} | ${outcome(consequence)} | ${meaning} | ${sourceOf(source)} |`;
  });
  const statuses = STATUS_RULES.map(({ status, consequence, meaning, source }) => {
    return `| ${range(status)} | ${outcome(consequence)} | ${meaning} | ${sourceOf(source)} |`;
  });
  return `# What Meta's answers lead to

Every request ends in one of five outcomes. The tables below are the code's own: this page is written
by \`make docs\`, and a test asks the sandbox for every row over HTTP.

| outcome | what follows |
| --- | --- |
${kinds.join('\n')}

## Errors with a code

Meta's error envelope is \`{"error": {"code", "error_subcode", "message", "is_transient", "fbtrace_id"}}\`.
The first row that fits decides, whatever the HTTP status is: throttling often comes with status 400,
and an error under status 200 is an error. \`is_transient: true\` makes any of them a \`retry\`, but for
rate limits, which stay \`throttled\`.

| code | subcode | outcome | meaning | source |
| --- | --- | --- | --- | --- |
${codes.join('\n')}

## Answers without a code that is known

| HTTP status | outcome | meaning | source |
| --- | --- | --- | --- |
${statuses.join('\n')}

## No answer

A timeout, a connection that is refused or reset, an answer that is cut off, longer than a megabyte or
no HTTP at all is a \`retry\`. Where the whole request may have reached Meta, nobody knows whether its
events were taken: they are counted in \`capi_worker_unknown_answer_events_total\` and sent again with
the same \`event_id\`, by which Meta recognises them.

## Events that fail whenever they are sent

What calls itself temporary may be what Meta says of one event each time. An envelope that has failed
twice travels alone. When it fails again while Meta accepts other events of its pixel, it is taken apart
like one that is rejected, and everything but the offenders is delivered: k offenders among n events take
about 2·k·log₂(n/k) + 3·k + 4 requests, where k is at most 16; more of them take further turns. Where the
pixel has no other traffic, single events of the envelope are sent as tests. When these fail too, the
turn ends after four requests: then it is an outage. Offenders are tried again, alone, until their
attempts are used up, and die as \`out_of_retries\` with the words of Meta. Events that are still in their
company use up no attempt as long as others of their envelope are delivered.

These failures do not count as failures of the pixel. An event that fails in a pixel that sends nothing
else cannot be told from an outage: it waits until something else of the pixel has been answered, or
until its horizon.

## Headers

\`x-app-usage\`, \`x-business-use-case-usage\` and \`x-ad-account-usage\` slow a pixel down from
\`worker.usageFrom\` percent on, before Meta refuses anything: fewer requests at once, and farther apart.
`;
}

function range(value: number | readonly [number, number]): string {
  return typeof value === 'number' ? String(value) : `${value[0]} to ${value[1]}`;
}

function outcome(consequence: Consequence): string {
  return consequence === 'tooLarge' ? '`rejected`, halved' : `\`${consequence}\``;
}
