import { execFileSync } from 'node:child_process';

/** Git in one folder. */
export class Repository {
  readonly folder: string;

  constructor(folder: string) {
    this.folder = folder;
  }

  /** Lines of `git status`, one for each file that is not as it was committed. */
  changes(): string[] {
    return this.lines('status', '--porcelain');
  }

  /** The branch that is checked out; null where none is. */
  branch(): string | null {
    return this.lines('branch', '--show-current')[0] ?? null;
  }

  hasTag(name: string): boolean {
    return this.lines('tag', '--list', name).length > 0;
  }

  /** Whether Git knows who commits. */
  hasAuthor(): boolean {
    try {
      this.git('var', 'GIT_COMMITTER_IDENT');
      return true;
    } catch {
      return false;
    }
  }

  /** Commits some files and tags the commit. */
  commitAndTag(files: readonly string[], subject: string, tag: string, message: string): void {
    this.git('commit', '--quiet', '--message', subject, '--', ...files);
    // The text of a changelog has headings, which Git would take for comments.
    this.git('tag', '--annotate', tag, '--cleanup=verbatim', '--message', message);
  }

  /** The commit that is checked out. */
  head(): string {
    return this.git('rev-parse', 'HEAD').trim();
  }

  /** Puts the branch and its files back to a commit. */
  backTo(commit: string): void {
    this.git('reset', '--quiet', '--hard', commit);
  }

  private lines(...args: string[]): string[] {
    return this.git(...args)
      .split('\n')
      .filter((line) => line !== '');
  }

  private git(...args: string[]): string {
    const options = { cwd: this.folder, encoding: 'utf8', stdio: 'pipe' } as const;
    return execFileSync('git', args, options);
  }
}
