/** The generated tables: of docs/performance.md, a section each; of README.md; and of what `npm run bench` prints. */
import { markdownTable } from '#dist/markdown-table.js';
import { ALL_RATIOS } from '../cases/index.ts';
import { ONE_CORE, RIVALS, rowsOf } from '../cases/rivals.ts';
import { percent } from '../harness/calm.ts';
import { isDetail, type Report, type Row } from '../harness/report.ts';
import { figureNamed, ratioName } from '../harness/stats.ts';
import { coresOf, doubtsOf } from './doubts.ts';
import { count, duration, goalText, isMet, kibibytes, microseconds, number, times } from './format.ts';
import { bestRow, familyOf, labelOf, overRow, rowNamed, thingOf } from './names.ts';

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

type RowColumn = Omit<Column<Row>, 'cell'> & { cell(row: Row, report: Report): string | undefined };

const figure = (title: string, name: string, text: (value: number) => string): RowColumn => ({
  title,
  cell: (row) => {
    const value = figureNamed(row, name);
    return value === undefined ? undefined : text(value);
  },
});

const over = (title: string, otherOf: (row: Row) => string): RowColumn => ({
  title,
  cell: (row, report) => {
    const ratio = overRow(report, row, otherOf(row));
    return ratio === undefined ? undefined : times(ratio);
  },
});
const overLimit = (name: string) => over('over the limit', () => name);

const NAME: RowColumn = { title: 'case', left: true, cell: (row) => code(row.case) };
const LABEL: RowColumn = { title: 'that is', left: true, cell: (row) => labelOf(row.case) };
const P50 = figure('p50', 'p50', duration);
const P99 = figure('p99', 'p99', duration);
const P999 = figure('p999', 'p999', duration);
const PER_SECOND = figure('messages/s', 'perSecond', count);
const CPU = figure('CPU time a message', 'cpuNsPerMessage', duration);
const SYSCALLS = figure('system calls a message', 'syscallsPerMessage', (value) => value.toFixed(2));
const PAUSED = [
  NAME,
  figure('the pause was', 'gapUs', (us) => duration(us * 1e3)),
  P50,
  P99,
  figure('CPU time a request', 'cpuNsPerMessage', duration),
  figure('of it the asker', 'askerCpuNs', duration),
  figure('the answerer', 'answererCpuNs', duration),
];
const limitOf = ({ case: name }: Row) => name.replace(/^wide\.\w+/, 'wide.limit');

const FAMILIES: Readonly<Record<string, readonly RowColumn[]>> = {
  rtt: [NAME, LABEL, P50, overLimit('rtt.limit'), P99, P999, CPU, SYSCALLS],
  stream: [NAME, LABEL, PER_SECOND, overLimit('stream.limit'), CPU, SYSCALLS],
  wide: [
    NAME,
    {
      title: 'the limit, messages/s',
      cell: (row, report) => {
        const limit = rowNamed(report, limitOf(row));
        return limit && PER_SECOND.cell(limit, report);
      },
    },
    PER_SECOND,
    over('over the limit', limitOf),
    CPU,
  ],
  codec: [
    NAME,
    { title: 'that is', left: true, cell: (row) => row.case.split('.').slice(1).map(thingOf).reverse().join(', ') },
    figure('time a message', 'p50', duration),
    figure('allocated a message', 'bytesPerMessage', (value) => `${number(value)} B`),
  ],
  open: [
    NAME,
    P50,
    P99,
    P999,
    figure('guest RSS', 'guestRssBytes', kibibytes),
    figure('guest heap', 'guestHeapBytes', kibibytes),
    figure('controller RSS', 'controllerRssBytes', kibibytes),
    figure('controller heap', 'controllerHeapBytes', kibibytes),
  ],
  warmup: [
    NAME,
    figure('time of a request', 'p50', duration),
    over('over the settled one', (row) => row.case.replace(/\.\w+$/, '.settled')),
    figure('settled after', 'settledAfter', (requests) => `${number(requests)} requests`),
  ],
  wakeup: PAUSED,
  gap: PAUSED,
  asleep: [
    NAME,
    P50,
    P99,
    overLimit('asleep.limit'),
    CPU,
    figure('doorbells a message', 'doorbellsPerMessage', number),
  ],
  idle: [
    NAME,
    figure('seconds', 'seconds', number),
    figure('CPU time of both', 'cpuNs', duration),
    figure('context switches', 'switches', number),
  ],
  scale: [
    NAME,
    P50,
    P99,
    figure("the controller's CPU time a message", 'controllerCpuNs', duration),
    figure('its heap a guest', 'heapBytesPerGuest', kibibytes),
    figure('its RSS a guest', 'rssBytesPerGuest', kibibytes),
    figure('its descriptors a guest', 'descriptorsPerGuest', number),
  ],
  machine: [
    NAME,
    P50,
    P99,
    P999,
    figure('longest', 'longest', duration),
    figure('devices', 'devices', number),
    figure('all domains created in', 'createMs', (ms) => duration(ms * 1e6)),
    figure('idle CPU time in 10 s', 'cpuNs', duration),
    figure('idle context switches', 'switches', number),
  ],
};

export const ROW_FAMILIES = Object.keys(FAMILIES);

/** The rows of a family, then what their notes say, each once. `details`: also of rows that are printed only. */
export function rowsSection(report: Report, family: string, details = false): string {
  const rows = familyOf(report, family).filter((row) => limitOf(row) !== row.case || family !== 'wide');
  const shown = rows.filter((row) => details || !isDetail(row));
  if (shown.length === 0) return `This run has no \`${family}\` rows.`;
  const further = [...new Set(shown.flatMap(({ more = {} }) => Object.keys(more)))];
  const columns = FAMILIES[family] ?? [
    NAME,
    P50,
    P99,
    P999,
    PER_SECOND,
    CPU,
    ...further.map((name) => figure(name, name, number)),
  ];
  const names = shown.map((row) => row.case);
  const said = report.notes.flatMap(({ text, rows: noted }) => {
    const about = names.filter((name) => noted.includes(name));
    if (about.length === 0) return [];
    return about.length === names.length ? text : `${about.map(code).join(', ')}: ${text}`;
  });
  // A median bears a disturbed round; it does not bear half of them.
  const marked = shown.flatMap(({ case: name, disturbed }) =>
    disturbed && disturbed.rounds * 2 >= disturbed.of
      ? `${code(name)} (${disturbed.rounds} of ${disturbed.of} rounds)`
      : [],
  );
  if (marked.length > 0) said.push(`**Disturbed by other work:** ${marked.join(', ')}`);
  const whole = columns.map(({ cell, ...column }) => ({ ...column, cell: (row: Row) => cell(row, report) }));
  return [table(shown, whole), ...said.map((text) => `${text.replace(/\.$/, '')}.`)].join('\n\n');
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
const placed = (row: Row | undefined, name: string, text: (value: number) => string): string | undefined => {
  const value = row && figureNamed(row, name);
  if (value === undefined) return undefined;
  return row?.case.endsWith(ONE_CORE) ? `${text(value)}, one core` : text(value);
};
const figureOf = (row: Row | undefined, name: string, text: (value: number) => string) => {
  const value = row && figureNamed(row, name);
  return value === undefined ? undefined : text(value);
};

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
    { title: 'p99', cell: ({ rtt }) => figureOf(rtt, 'p99', duration) },
    { title: 'its CPU time', cell: ({ rtt }) => figureOf(rtt, 'cpuNsPerMessage', microseconds) },
    { title: 'messages/s, 8 under way', cell: ({ stream }) => placed(stream, 'perSecond', count) },
    { title: 'CPU time a message', cell: ({ stream }) => figureOf(stream, 'cpuNsPerMessage', microseconds) },
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
