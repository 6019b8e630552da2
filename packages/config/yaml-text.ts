import { stringify } from 'yaml';
import { withTexts } from '#core/event/json-text.ts';

/**
 * Keys and values as lines of a configuration file. Texts that look like references to the environment
 * are escaped: what is written is what is read.
 */
export function yamlText(values: Readonly<Record<string, unknown>>): string {
  const escaped = withTexts(values, (text) => text.split('${').join('$${'));
  return stringify(escaped, { lineWidth: 0 });
}
