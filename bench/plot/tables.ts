/** The generated tables: of docs/performance.md, a section each; of README.md; and of what `npm run bench` prints. */
import { markdownTable } from '#dist/markdown-table.js';
import { ALL_RATIOS } from '../cases/index.ts';
import { ONE_CORE, RIVALS, rowsOf } from '../cases/rivals.ts';
import { percent } from '../harness/calm.ts';
import { isDetail, type Report, type Row } from '../harness/report.ts';
import { figureNamed, ratioName } from '../harness/stats.ts';
import { coresOf, doubtsOf } from './doubts.ts';
import { count, duration, goalText, isMet, kibibytes, microseconds, number } from './format.ts';
import { bestRow, familyOf, limitOf, overText, rowNamed } from './names.ts';

interface Column<T> {
  readonly title: string;
  readonly left?: boolean;
  /** Undefined where it has nothing to say; a column of these is left out. */
  cell(item: T): string | undefined;
}

function table<T>(items: readonly T[], columns: readonly Column<T>[]): string {
  const used = columns.filter(({ cell }) => items.some((item) => cell(item)));
  const rows = items.map((item) => used.map(({ cell }) => (cell(item) ?? '').replaceAll('|', '\\|')));
  const titles = used.map(({ title }) => title);
  return markdownTable(titles, rows, (column) => !used[column]!.left).trimEnd();
}

const code = (text: string) => `\`${text}\``;

export function machineSection({ machine }: Report): string {
  const { date, pinned, notPinnedBecause, os, arch, virtualized, versions, rounds, quick, others, seconds } = machine;
  const named = Object.entries(versions).map(([name, version]) =>
    version.startsWith(name) ? version : `${name} ${version}`,
  );
  const facts: [string, string | undefined][] = [
    ['date', date.replace('T', ' ').replace(/(\.\d+)?Z$/, ' UTC')],
    ['CPU', `${coresOf(machine)}${virtualized ? ', a virtual machine' : ''}`],
    ['pinning', pinned ? `a side each on CPU ${pinned.join(' and ')}` : `none: ${notPinnedBecause ?? 'not said'}`],
    ['system', `${os}, ${arch}`],
    ['versions', named.join(', ')],
    ['rounds', quick ? `${rounds}, short (\`--quick\`)` : String(rounds)],
    ['took', seconds === undefined ? undefined : `${number(seconds / 60)} minutes`],
    [
      'others used',
      others &&
        `${percent(others.foreign)} of the CPU time, the hypervisor kept ${percent(others.stolen)}; of ${others.trials} trials ${others.repeated} were run again, ${others.disturbed} disturbed all the same`,
    ],
  ];
  const columns: Column<(typeof facts)[number]>[] = [
    { title: 'this run', left: true, cell: ([name]) => name },
    { title: '', left: true, cell: ([, value]) => value },
  ];
  const known = facts.filter(([, value]) => value !== undefined);
  return [table(known, columns), ...warning(machine)].join('\n\n');
}

function warning(machine: Report['machine']): string[] {
  const doubts = doubtsOf(machine);
  return doubts.length > 0 ? [`**Not to be quoted:** ${doubts.join(', ')}.`] : [];
}

/** All ratios of the run: what has a goal first. */
export function ratiosSection(report: Report, ratios = ALL_RATIOS): string {
  // Goals are set for two cores; on one they say nothing.
  const isJudged = report.machine.cores > 1;
  const taken = ratios.flatMap(({ of, best, over, by, goal }) => {
    const value = report.ratios[ratioName({ of, over, ...(by && { by }) })];
    if (value === undefined) return [];
    // Of what stands for the best of several, which that was.
    const stands = best && bestRow(report, best);
    const cost = stands ? `${code(of)}: ${code(stands.case)}` : code(of);
    return [
      { cost, over: by ? `${code(over)}, by ${code(by)}` : code(over), value, goal: isJudged ? goal : undefined },
    ];
  });
  if (taken.length === 0) return 'This run has no ratios.';
  const columns: Column<(typeof taken)[number]>[] = [
    { title: 'cost of', left: true, cell: ({ cost }) => cost },
    { title: 'over cost of', left: true, cell: ({ over }) => over },
    { title: 'ratio', cell: ({ value }) => number(value) },
    { title: 'goal', cell: ({ goal }) => goal && goalText(goal) },
    { title: '', left: true, cell: ({ goal, value }) => goal && (isMet(value, goal) ? 'met' : '**missed**') },
  ];
  return table([...taken.filter(({ goal }) => goal), ...taken.filter(({ goal }) => !goal)], columns);
}

type Figure = readonly [title: string, name: string, text: (value: number) => string];

/** What a figure is called and how it is written, in the order of the columns. A table has those that its rows have. */
const COSTS: readonly Figure[] = [
  ['the pause was', 'gapUs', (us) => duration(us * 1e3)],
  ['p50', 'p50', duration],
  ['messages/s', 'perSecond', count],
];
/** Behind what the cost is over that of the limit. */
const FURTHER: readonly Figure[] = [
  ['p99', 'p99', duration],
  ['p999', 'p999', duration],
  ['longest', 'longest', duration],
  ['CPU time a message', 'cpuNsPerMessage', duration],
  ['of it the asker', 'askerCpuNs', duration],
  ['the answerer', 'answererCpuNs', duration],
  ["the controller's CPU time a message", 'controllerCpuNs', duration],
  ['system calls a message', 'syscallsPerMessage', (value) => value.toFixed(2)],
  ['doorbells a message', 'doorbellsPerMessage', number],
  ['allocated a message', 'bytesPerMessage', (value) => `${number(value)} B`],
  ['settled after', 'settledAfter', (requests) => `${number(requests)} requests`],
  ['collections', 'collections', number],
  ['messages', 'messages', count],
  ['guest RSS', 'guestRssBytes', kibibytes],
  ['guest heap', 'guestHeapBytes', kibibytes],
  ['controller RSS', 'controllerRssBytes', kibibytes],
  ['controller heap', 'controllerHeapBytes', kibibytes],
  ['its heap a guest', 'heapBytesPerGuest', kibibytes],
  ['its RSS a guest', 'rssBytesPerGuest', kibibytes],
  ['its descriptors a guest', 'descriptorsPerGuest', number],
  ['devices', 'devices', number],
  ['all domains created in', 'createMs', (ms) => duration(ms * 1e6)],
  ['seconds idle', 'seconds', number],
  ['idle CPU time', 'cpuNs', duration],
  ['idle context switches', 'switches', number],
];

/** Of a figure by its name. */
export const titleOf = (figure: string): string =>
  [...COSTS, ...FURTHER].find(([, name]) => name === figure)?.[0] ?? figure;

/** The rows of a family, then what their notes say, each once. `details`: also of rows that are printed only. */
export function rowsSection(report: Report, family: string, details = false): string {
  const isShown = (row: Row) => (details || !isDetail(row)) && !row.case.startsWith('wide.limit.');
  const rows = familyOf(report, family).filter(isShown);
  if (rows.length === 0) return `This run has no \`${family}\` rows.`;
  const figures = (all: readonly Figure[]) =>
    all.map(([title, name, text]): Column<Row> => ({ title, cell: (row) => figureText(row, name, text) }));
  // A row of its own for each limit would be far from the row that it is the limit of.
  const limit = (row: Row) => (family === 'wide' ? rowNamed(report, limitOf(row)) : undefined);
  const labels = new Set(rows.map(({ label }) => label));
  const columns: Column<Row>[] = [
    { title: 'case', left: true, cell: (row) => code(row.case) },
    { title: 'that is', left: true, cell: ({ label }) => (labels.size > 1 ? label : undefined) },
    { title: 'the limit, messages/s', cell: (row) => figureText(limit(row), 'perSecond', count) },
    ...figures(COSTS),
    { title: `over the ${family === 'warmup' ? 'settled one' : 'limit'}`, cell: (row) => overText(report, row) },
    ...figures(FURTHER),
  ];
  const names = rows.map((row) => row.case);
  const said = report.notes.flatMap(({ text, rows: noted }) => {
    const about = names.filter((name) => noted.includes(name));
    if (about.length === 0) return [];
    return about.length === names.length ? text : `${about.map(code).join(', ')}: ${text}`;
  });
  // A median bears a disturbed round; it does not bear half of them.
  const marked = rows.flatMap(({ case: name, disturbed }) => {
    const { rounds = 0, of = 1 } = disturbed ?? {};
    return rounds * 2 >= of ? `${code(name)} (${rounds} of ${of} rounds)` : [];
  });
  if (marked.length > 0) said.push(`**Disturbed by other work:** ${marked.join(', ')}`);
  return [table(rows, columns), ...said.map((text) => `${text.replace(/\.$/, '')}.`)].join('\n\n');
}

function figureText(row: Row | undefined, name: string, text: (value: number) => string): string | undefined {
  const value = row && figureNamed(row, name);
  return value === undefined ? undefined : text(value);
}

export function absentSection({ absent }: Report): string {
  if (absent.length === 0) return 'Every case could be measured.';
  return absent.map(({ case: name, why }) => `- \`${name}\`: ${why}`).join('\n');
}

/** What a run prints: all that it has. */
export function reportText(report: Report, ratios = ALL_RATIOS): string {
  const families = [...new Set(report.rows.map((row) => row.case.split('.')[0]!))];
  const sections = [...families.map((family) => rowsSection(report, family, true)), ratiosSection(report, ratios)];
  return `${[...sections, absentSection(report)].join('\n\n')}\n`;
}

interface Line {
  readonly name: string;
  readonly rtt: Row | undefined;
  readonly stream: Row | undefined;
}

/** The figure, and where it is not the placement of all the others, which. */
function placed(row: Row | undefined, name: string, text: (value: number) => string): string | undefined {
  const figure = figureText(row, name, text);
  return figure && row?.case.endsWith(ONE_CORE) ? `${figure}, one core` : figure;
}

/** The table of README.md: what a message takes here, and with what people use now. */
export function readmeSection(report: Report): string {
  const line = (name: string, namesOf: (family: string) => string[]): Line => {
    return { name, rtt: bestRow(report, namesOf('rtt')), stream: bestRow(report, namesOf('stream')) };
  };
  const lines = [
    line('ctrl-if, native', (family) => [`${family}.await.native`]),
    line('ctrl-if, pure JavaScript', (family) => [`${family}.await.file`]),
    ...[...RIVALS].map((rival) => line(rival.inReadme, (family) => rowsOf(family, rival))),
  ].filter(({ rtt, stream }) => rtt || stream);
  if (lines.length === 0) return 'This run has no `rtt` and no `stream` rows.';
  const columns: Column<Line>[] = [
    { title: '', left: true, cell: ({ name }) => name },
    { title: 'round trip, p50', cell: ({ rtt }) => placed(rtt, 'p50', duration) },
    { title: 'p99', cell: ({ rtt }) => figureText(rtt, 'p99', duration) },
    { title: 'its CPU time', cell: ({ rtt }) => figureText(rtt, 'cpuNsPerMessage', microseconds) },
    { title: 'messages/s, 8 under way', cell: ({ stream }) => placed(stream, 'perSecond', count) },
    { title: 'CPU time a message', cell: ({ stream }) => figureText(stream, 'cpuNsPerMessage', microseconds) },
  ];
  return `${table(lines, columns)}\n\n${conditions(report)}`;
}

function conditions({ machine, rows }: Report): string {
  const { date, virtualized, versions, rounds } = machine;
  const inBoth = rows.some(({ case: name }) => /^(rtt|stream)\./.test(name) && name.endsWith(ONE_CORE));
  return [
    'A request of 64 bytes and its response, both sides warm and on a core each.',
    inBoth
      ? 'Rivals stand here in the placement that is better for them: *one core* says that both sides shared one.'
      : 'This run has no rival with both sides on one core, which is where some of them do better.',
    'CPU time is that of both sides.',
    `Medians of up to ${rounds} rounds on ${coresOf(machine)}${virtualized ? ', a virtual machine' : ''}, Node ${versions.node}, ${date.slice(0, 10)}.`,
    'How that is measured, and the rest: [docs/performance.md](docs/performance.md).',
    ...warning(machine),
  ].join(' ');
}
