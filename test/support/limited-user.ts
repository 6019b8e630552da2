import { connectForCommands, type Redis } from '#store/connection.ts';
import { uniqueName } from './names.ts';

/** A user of Redis of its own, whose rights an administrator takes away and gives back. */
export class LimitedUser {
  readonly admin: Redis;
  /** Connected as the user. */
  readonly redis: Redis;
  /** Where a process comes as the user. */
  readonly url: string;
  private readonly name: string;

  private constructor(admin: Redis, url: string, name: string) {
    this.admin = admin;
    this.url = url;
    this.redis = connectForCommands(url, () => {});
    this.name = name;
  }

  static async connect(address: string): Promise<LimitedUser> {
    const name = uniqueName('limited');
    const admin = connectForCommands(address, () => {});
    await allow(admin, name, []);
    const url = new URL(address);
    [url.username, url.password] = [name, 'secret'];
    return new LimitedUser(admin, url.href, name);
  }

  /** Allows everything, except what the rules take away. */
  allow(...rules: string[]): Promise<void> {
    return allow(this.admin, this.name, rules);
  }

  /** The commands that Redis has refused to this user, in scripts or not. */
  async refused(): Promise<string[]> {
    const entries = (await this.admin.call('ACL', 'LOG')) as (string | number)[][];
    const factOf = (entry: (string | number)[], name: string) => entry[entry.indexOf(name) + 1];
    const own = entries.filter((entry) => factOf(entry, 'username') === this.name);
    return own.map((entry) => String(factOf(entry, 'object')));
  }

  async remove(): Promise<void> {
    await this.admin.call('ACL', 'DELUSER', this.name);
    for (const each of [this.admin, this.redis]) each.disconnect();
  }
}

async function allow(admin: Redis, name: string, rules: readonly string[]): Promise<void> {
  await admin.call('ACL', 'SETUSER', name, 'on', '>secret', '~*', '&*', '+@all', ...rules);
}
