import type { ChildProcess } from 'node:child_process';
import { onTestFailed } from 'vitest';

/**
 * Keeps what a child says on standard error, which must be a pipe, and prints it when the test fails that runs now: a child that is
 * killed or loses its peer may say so with a stack, which is no news where the test wants it.
 */
export function printIfTestFails(child: ChildProcess): void {
  let said = '';
  child.stderr!.setEncoding('utf8').on('data', (text: string) => {
    said += text;
  });
  onTestFailed(() => {
    if (said !== '') process.stderr.write(`process ${child.pid} said:\n${said}`);
  });
}
