#!/usr/bin/env node
import { CommanderError } from 'commander';
import { explain } from './failure.ts';
import { Lifetime } from './lifetime.ts';
import { drained } from './output.ts';
import { createProgram } from './program.ts';

const lifetime = new Lifetime();
const outcome = { exitCode: 0 };
const program = createProgram(lifetime, outcome);

try {
  await program.parseAsync();
} catch (error) {
  if (error instanceof CommanderError && error.exitCode === 0) {
    // Help and version: commander's exitOverride ends these with an error too.
  } else {
    const { text, exitCode } = explain(error, program, process.argv[2]);
    process.stderr.write(text);
    outcome.exitCode = exitCode;
  }
}
await drained();
// An open standard input would keep the process alive.
process.exit(outcome.exitCode);
