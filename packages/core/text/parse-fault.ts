/** Why a text or a value of the configuration cannot be read, and what to do. */
export class ParseFault extends Error {
  override readonly name = 'ParseFault';
  readonly fix: string;

  constructor(message: string, fix: string) {
    super(message);
    this.fix = fix;
  }
}

/** What is read, or why it cannot be. */
export function faultOr<T>(read: () => T): T | Pick<ParseFault, 'message' | 'fix'> {
  try {
    return read();
  } catch (error) {
    if (!(error instanceof ParseFault)) throw error;
    return { message: error.message, fix: error.fix };
  }
}

/** What is read; a fault says `where` before what is wrong. */
export function faultIn<T>(where: string, read: () => T): T {
  try {
    return read();
  } catch (error) {
    if (!(error instanceof ParseFault)) throw error;
    throw new ParseFault(`${where} ${error.message}`, error.fix);
  }
}
