// Checks event_channel.pml exhaustively with SPIN (Debian: apt-get install spin), then every variant of it with one step
// left out. Each variant must fail, which shows that the model finds such faults.
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
  'CLEAR_AFTER_POLL',
  'SELECTOR_FIRST',
];
const CHECKS = [
  { name: 'the protocol: no event is lost', wants: 'holds' },
  { name: 'the protocol: every run ends', wants: 'holds', compile: ['-DNP'], run: ['-l'] },
  ...LEFT_OUT.map((flag) => ({ name: flag, wants: 'fails', flags: [`-D${flag}`] })),
];

const home = mkdtempSync(join(tmpdir(), 'ctrl-if-model-'));
process.on('exit', () => rmSync(home, { recursive: true, force: true }));
if (spawnSync('spin', ['-V']).error)
  stop('spin, which checks the model, is not installed; install it (Debian: apt-get install spin)');

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
if (wrong > 0) stop(`${wrong} of ${CHECKS.length} checks have another result than wanted`);

/** How many states were checked, and whether the check holds. */
function explore({ flags = [], compile = [], run = [] }) {
  must('spin', ['-a', ...flags, MODEL]);
  must(process.env.CC ?? 'cc', ['-O2', ...compile, '-o', 'pan', 'pan.c']);
  const output = must(join(home, 'pan'), ['-m100000', ...run]);
  const errors = /errors: (\d+)/.exec(output)?.[1];
  const states = /(\d+) states, stored/.exec(output)?.[1] ?? '?';
  // A search that its depth or memory has cut short proves nothing.
  const whole = errors !== undefined && !/max search depth too small|out of memory|not completed/.test(output);
  if (errors === '0') return { states, found: whole ? 'holds' : 'cut short' };
  // A variant must fail for the expected reason.
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
