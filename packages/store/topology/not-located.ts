/** No server was found that takes writes; the words say why, and hold no password. */
export class NotLocated extends Error {
  override readonly name = 'NotLocated';
  /** Whether those that were asked refuse the login. */
  readonly isRefusal: boolean;

  constructor(message: string, isRefusal = false) {
    super(message);
    this.isRefusal = isRefusal;
  }
}
