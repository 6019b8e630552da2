/** Why a pattern is refused, and what to do. */
export class PatternFault extends Error {
  override readonly name = 'PatternFault';
  readonly fix: string;

  constructor(message: string, fix: string) {
    super(message);
    this.fix = fix;
  }
}
