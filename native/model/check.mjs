// Checks event_channel.pml exhaustively with SPIN (Debian: apt-get install spin), then every variant of it with one step
// left out, each of which must fail: a model that finds nothing wrong with those would prove nothing.
import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

const MODEL = fileURLToPath(new URL('event_channel.pml', import.meta.url));
const LEFT_OUT = [
  'NO_SLEEPER_FENCE',
  'NO_NOTIFIER_FENCE',
  'NO_RING_RECHECK',
  'NO_SELECTOR_RECHECK',
  'NO_UNMASK_RECHECK',
  'CLEAR_AFTER_LOOK',
  'SELECTOR_FIRST',
];
const CHECKS = [
  { name: 'the protocol: nothing is lost', wants: 'holds' },
  { name: 'the protocol: every run comes to rest', wants: 'holds', compile: ['-DNP'], run: ['-l'] },
  ...LEFT_OUT.map((flag) => ({ name: flag, wants: 'fails', flags: [`-D${flag}`] })),
];

const home = mkdtempSync(join(tmpdir(), 'ctrl-if-model-'));
process.on('exit', () => rmSync(home, { recursive: true, force: true }));
if (spawnSync('spin', ['-V']).error)
  stop('there is no spin to check the model with; Debian has it: apt-get install spin');

let wrong = 0;
console.log(`${'model'.padEnd(40)}${'states'.padStart(10)}${'seconds'.padStart(9)}  wanted  found`);
for (const check of CHECKS) {
  const began = Date.now();
  const { states, found } = explore(check);
  if (found !== check.wants) wrong++;
  const seconds = ((Date.now() - began) / 1000).toFixed(1);
  console.log(
    `${check.name.padEnd(40)}${states.padStart(10)}${seconds.padStart(9)}  ${check.wants.padEnd(6)}  ${found}`,
  );
}
if (wrong > 0) stop(`${wrong} of ${CHECKS.length} are not as wanted`);

/** How many states were looked at, and whether the check holds. */
function explore({ flags = [], compile = [], run = [] }) {
  must('spin', ['-a', ...flags, MODEL]);
  must(process.env.CC ?? 'cc', ['-O2', ...compile, '-o', 'pan', 'pan.c']);
  const output = must(join(home, 'pan'), ['-m100000', ...run]);
  const errors = /errors: (\d+)/.exec(output)?.[1];
  const states = /(\d+) states, stored/.exec(output)?.[1] ?? '?';
  // A search that was cut short, by its depth or by memory, has shown nothing.
  const whole = errors !== undefined && !/max search depth too small|out of memory|not completed/.test(output);
  if (errors === '0') return { states, found: whole ? 'holds' : 'cut short' };
  // What fails must fail for the reason that is looked for.
  return { states, found: /assertion violated/.test(output) ? 'fails' : 'fails otherwise' };
}

function must(command, args) {
  const { status, stdout, stderr, error } = spawnSync(command, args, {
    cwd: home,
    encoding: 'utf8',
    maxBuffer: 1 << 26,
  });
  if (error || status !== 0) stop(`${command} failed: ${error?.message ?? `${stdout}${stderr}`}`);
  return stdout;
}

function stop(sentence) {
  console.error(`ctrl-if: ${sentence}`);
  process.exit(1);
}
