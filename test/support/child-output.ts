import type { ChildProcess } from 'node:child_process';
import { onTestFailed } from 'vitest';

/**
 * Keeps a child's standard error, which must be a pipe, and prints it when the running test fails: a child that is
 * killed, or whose peer dies, may print a stack, which is no news when the test expects it.
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
