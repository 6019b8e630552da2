/**
 * An environment in which a process finds its programs and no setting of ours, except those given. It
 * finds what Node has compiled of our code before, as the processes that inherit everything do.
 */
export function bareEnvironment(settings: Readonly<Record<string, string>> = {}) {
  const { PATH = '', NODE_COMPILE_CACHE: cache } = process.env;
  return { PATH, ...(cache === undefined ? {} : { NODE_COMPILE_CACHE: cache }), ...settings };
}
