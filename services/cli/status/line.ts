import { plain } from '../dead-letters/table.ts';

/** One line of the screen, and how it is told apart from the others. */
export interface Line {
  readonly text: string;
  /** Never cut: a command is to be copied. */
  readonly whole?: boolean;
  readonly style?: 'red' | 'yellow' | 'green' | 'bold' | 'dim';
}

/** Words in lines of so many characters, those that go on indented. */
export function wrap(text: string, columns: number): string[] {
  const lines: string[] = [];
  let line = '';
  for (const word of plain(text).split(' ')) {
    if (line.trim() !== '' && line.length + word.length + 1 > columns) {
      lines.push(line);
      line = '  ';
    }
    line += line === '' || line === '  ' ? word : ` ${word}`;
  }
  return [...lines, line];
}
