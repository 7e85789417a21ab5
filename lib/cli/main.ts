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
    // Help and version are thrown too: that is how commander's exitOverride ends a run.
  } else {
    const { text, exitCode } = explain(error, program, process.argv[2]);
    process.stderr.write(text);
    outcome.exitCode = exitCode;
  }
}
await drained();
// Standard input that nobody ends would keep a process alive that has nothing left to do.
process.exit(outcome.exitCode);
