/** Something that is wrong with what the user gave us: printed in a few lines, exit code 2. */
export class UsageError extends Error {}

/** Something that was to be expected now and then, such as a broker that is down: exit code 1. */
export class ExpectedError extends Error {}
