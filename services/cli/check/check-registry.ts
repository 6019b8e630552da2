import type { SchemaRegistryConfiguration } from '#config/configuration.ts';
import { examineRegistry } from '#registry/examine.ts';
import { RegistryFailure } from '#registry/registry-failure.ts';
import { type ConnectionCheck, failure, ok, warning } from './finding.ts';

const SUBJECT = 'schemas';

/** Whether the schema registry answers, lets this user read a schema, and whether that can be used. */
export function checkRegistry(registry: SchemaRegistryConfiguration): ConnectionCheck {
  const at = registry.urls.map((url) => new URL(url).host).join(', ');
  return {
    subject: SUBJECT,
    fix: 'start the registry, or correct schemaRegistry.urls',
    work: async () => {
      try {
        const found = await examineRegistry(registry);
        const answers = ok(SUBJECT, `the registry answers at ${at}`);
        if (found === null) return [answers, ok(SUBJECT, 'it has no schema yet')];
        const { subject, version, id, fault } = found;
        const which = `version ${version} of ${subject} (schema ${id})`;
        if (fault === null) return [answers, ok(SUBJECT, `${which} can be read and used`)];
        const fix = 'correct the schema: its messages would be dead letters';
        return [answers, warning(SUBJECT, `${which} cannot be used: it ${fault}`, fix)];
      } catch (error) {
        if (!(error instanceof RegistryFailure)) throw error;
        const [problem = '', fix = ''] = error.message.split(' → ');
        return [failure(SUBJECT, problem, fix)];
      }
    },
  };
}
