/** A word that a shell takes as it is. */
const PLAIN = /^[\w@%+=:,./-]+$/;

/**
 * What a printed command needs so that it works when it is copied: ` --config FILE`, if one was given. The
 * environment and the file of this folder are there for the next command too.
 */
export function configFlag(config: string | undefined): string {
  if (config === undefined || config === '' || config === process.env['CAPI_RELAY_CONFIG'])
    return '';
  return ` --config ${PLAIN.test(config) ? config : `'${config.replaceAll("'", "'\\''")}'`}`;
}
