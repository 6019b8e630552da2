import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { inRepository } from '#test/support/in-repository.ts';

/** One instruction, such as COPY, on one line. */
export interface Instruction {
  readonly name: string;
  readonly text: string;
}

/** What stands between one FROM and the next. */
export interface Stage {
  readonly base: string;
  /** Null for the last stage, the image. */
  readonly name: string | null;
  readonly instructions: readonly Instruction[];
}

/** The build context, as the command in the Dockerfile names it. */
const CONTEXT = inRepository('.');

const file = readFileSync(inRepository('deploy/Dockerfile'), 'utf8');

/** Every instruction of the file: comments are left out, and continued lines joined. */
export const INSTRUCTIONS: readonly Instruction[] = file
  .split('\n')
  .filter((line) => !line.startsWith('#'))
  .join('\n')
  .replaceAll(/\\\n\s*/g, ' ')
  .split('\n')
  .filter((line) => line.trim() !== '')
  .map((line) => {
    const [name = '', ...words] = line.split(' ');
    return { name, text: words.join(' ').trim() };
  });

/** The stages, in their order. */
export const STAGES: readonly Stage[] = stagesOf(INSTRUCTIONS);

function stagesOf(instructions: readonly Instruction[]): Stage[] {
  const starts = instructions.flatMap(({ name }, at) => (name === 'FROM' ? [at] : []));
  return starts.map((start, index) => {
    const words = (instructions[start]?.text ?? '').split(' ');
    const [base = '', , name = null] = words.filter((word) => !word.startsWith('--'));
    return { base, name, instructions: instructions.slice(start + 1, starts[index + 1]) };
  });
}

/** What a COPY takes and where to; `from` is a stage, or null for the build context. */
export function copyOf({ text }: Instruction) {
  const words = text.split(' ');
  const [flag] = words.filter((word) => word.startsWith('--from='));
  const paths = words.filter((word) => !word.startsWith('--'));
  const sources = paths.slice(0, -1);
  return { from: flag?.slice('--from='.length) ?? null, sources, target: paths.at(-1) ?? '' };
}

/** The patterns of .dockerignore: everything is left out but what begins with an exclamation mark. */
const ignore = readFileSync(inRepository('.dockerignore'), 'utf8')
  .split('\n')
  .filter((line) => line !== '' && !line.startsWith('#'));

/** The files and folders of the checkout that the engine is sent, and what is left out of them. */
export const SENT = {
  kept: ignore.filter((line) => line.startsWith('!')).map((line) => line.slice(1)),
  leftOut: ignore.filter((line) => !line.startsWith('!') && line !== '*'),
};

/** Whether the engine is sent a path of the checkout. */
export function isSent(path: string): boolean {
  const within = (folder: string): boolean => path === folder || path.startsWith(`${folder}/`);
  return existsSync(join(CONTEXT, path)) && SENT.kept.some(within) && !SENT.leftOut.some(within);
}
