import { spawn } from 'node:child_process';
import type { Socket } from 'node:net';

/** Waits for the end of its input, which comes when the other end of the pipe is closed. */
const SCRIPT = 'read -r line; kill -9 "$1" 2>/dev/null';

/**
 * Ends a process when ours ends, however that comes about: the system closes the pipe that a watching
 * shell reads, even after a SIGKILL.
 * @returns what calls the watch off, which is due as soon as the process has ended
 */
export function endWithUs(pid: number): () => void {
  const watchdog = spawn('/bin/sh', ['-c', SCRIPT, 'sh', String(pid)], {
    stdio: ['pipe', 'ignore', 'ignore'],
    // A session of its own: Ctrl-C in our terminal must not take it before us.
    detached: true,
  });
  // Where there is no such shell, the process has to be ended by hand.
  watchdog.on('error', () => {});
  watchdog.unref();
  (watchdog.stdin as Socket).unref();
  return () => void watchdog.kill('SIGKILL');
}
