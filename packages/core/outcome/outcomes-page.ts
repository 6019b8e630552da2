import { OUTCOME_KINDS } from './answer.ts';
import { CODE_RULES, type Consequence, STATUS_RULES, sourceOf } from './rules.ts';

const DOING: Readonly<Record<(typeof OUTCOME_KINDS)[number], string>> = {
  delivered: 'The events are counted as delivered.',
  retry:
    'Retried after a growing delay; costs an attempt. When requests keep failing, the lane is halted in the whole fleet, and no attempt counts meanwhile. An event that gets this answer every time is isolated, see below.',
  throttled:
    'The lane is halted in the whole fleet for as long as Meta says (`retry-after`, `estimated_time_to_regain_access`), at most an hour, and at least for `worker.throttle.leastMs`, which doubles with each throttled probe. Where Meta does not say, for `worker.throttle.defaultMs`, which doubles too. Costs no attempt.',
  blocked:
    'The lane is halted in the whole fleet until a person fixes token, permission or setting; a small request probes it every `worker.blocked.probeMs`. Costs no attempt.',
  rejected:
    "The request is bisected until each offender is isolated and becomes a dead letter with Meta's message; the other events are delivered. When nearly everything is rejected for one reason, the lane is blocked instead.",
};

/** The reference page of Meta's answers and their outcomes, generated from the tables that decide. */
export function outcomesPage(): string {
  const kinds = OUTCOME_KINDS.map((kind) => `| \`${kind}\` | ${DOING[kind]} |`);
  const codes = CODE_RULES.map(({ code, subcode, says, consequence, meaning, source }) => {
    const words =
      says === null
        ? ''
        : `, and the message begins with ${says.map((one) => `"${one}"`).join(' or ')}`;
    const place = `${range(code)} | ${subcode ?? 'any'}${words}`;
    return `| ${place} | ${outcome(consequence)} | ${meaning} | ${sourceOf(source)} |`;
  });
  const statuses = STATUS_RULES.map(({ status, consequence, meaning, source }) => {
    return `| ${range(status)} | ${outcome(consequence)} | ${meaning} | ${sourceOf(source)} |`;
  });
  return `# What Meta's answers lead to

Every request ends in one of five outcomes. The tables are those of the code: \`make docs\` writes
this page, and a test requests every row from the sandbox over HTTP.

| outcome | what follows |
| --- | --- |
${kinds.join('\n')}

## Errors with a code

Meta's error envelope is \`{"error": {"code", "error_subcode", "message", "is_transient", "fbtrace_id"}}\`.
The first matching row decides, whatever the HTTP status is: throttling often comes with status 400, and
an error envelope under status 200 is an error. \`is_transient: true\` makes any of them a \`retry\`, except
rate limits, which stay \`throttled\`.

| code | subcode | outcome | meaning | source |
| --- | --- | --- | --- | --- |
${codes.join('\n')}

## Answers without a known code

| HTTP status | outcome | meaning | source |
| --- | --- | --- | --- |
${statuses.join('\n')}

## No answer

A timeout, a refused or reset connection, and an answer that is truncated, longer than a megabyte or not
HTTP are a \`retry\`. If the whole request may have reached Meta, it is unknown whether Meta accepted its
events: they are counted in \`capi_worker_unknown_answer_events_total\` and sent again with the same
\`event_id\`, by which Meta recognises duplicates.

## Events that always fail

An error that Meta calls temporary may be permanent for one event. An envelope that has failed twice is
sent alone. When it fails again while Meta accepts other events of the pixel, it is bisected like a
rejected one, and everything but the offenders is delivered: k offenders among n events take about
2·k·log₂(n/k) + 3·k + 4 requests, where k is at most 16; more offenders take further turns. If the pixel
has no other traffic, single events of the envelope are sent as tests. When these fail too, the turn ends
after four requests, as in an outage. Offenders are retried alone until their attempts are used up, and
become dead letters with the reason \`out_of_retries\` and Meta's message. Events that still share an
envelope with them use no attempt as long as other events of the envelope are delivered.

These failures do not count as failures of the lane. If a pixel sends nothing else, a failing event looks
like an outage: it waits until another request of the pixel has been answered, or until its horizon.

## Headers

\`x-app-usage\`, \`x-business-use-case-usage\` and \`x-ad-account-usage\` slow a lane down from
\`worker.usageFrom\` percent, before Meta throttles it: fewer requests in flight, and longer gaps.
`;
}

function range(value: number | readonly [number, number]): string {
  return typeof value === 'number' ? String(value) : `${value[0]} to ${value[1]}`;
}

function outcome(consequence: Consequence): string {
  return consequence === 'tooLarge' ? '`rejected`, halved' : `\`${consequence}\``;
}
