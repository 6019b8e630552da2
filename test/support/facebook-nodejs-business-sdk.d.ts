/** What the tests use of Meta's Business SDK, which brings no declarations. */
declare module 'facebook-nodejs-business-sdk' {
  /** Its setters take anything; what they make of it is what the tests ask. */
  export class Settable {
    normalize(): Record<string, unknown>;
    [setter: string]: (value: unknown) => unknown;
  }
  export class UserData extends Settable {}
  export class CustomData extends Settable {}
  export class Content extends Settable {}
  export class ServerEvent extends Settable {}
}
