import { existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { type Report, type Row, reportToJSON } from '../../bench/harness/report.ts';
import { toSvg } from '../../bench/plot/chart.ts';
import { rowNamed } from '../../bench/plot/names.ts';
import { ALL_PLOTS } from '../../bench/plot/plots.ts';
import { ratiosSection, readmeSection } from '../../bench/plot/tables.ts';
import { main } from '../../bench/plot.ts';

const row = (name: string, figures: Partial<Row>): Row => ({ case: name, ...figures });

const ROWS: readonly Row[] = [
  row('rtt.unixSocket', { label: 'Unix socket', p50: 50_000, p99: 90_000, p999: 2_000_000, syscallsPerMessage: 8.1 }),
  row('rtt.limit', { label: 'C++ to C++', p50: 200, p99: 300, p999: 500 }),
  row('rtt.await.native', { label: 'native, await request()', p50: 300, p99: 2000, p999: 9000 }),
  row('stream.limit', { perSecond: 2e7 }),
  row('stream.sync.native', { perSecond: 1e7, cpuNsPerMessage: 150 }),
  ...[64, 1024].flatMap((bytes) => [
    row(`wide.limit.256x${bytes}`, { label: 'C++ to C++', at: bytes, perSecond: 1e8 }),
    row(`wide.native.256x${bytes}`, { label: 'ctrl-if, native', at: bytes, perSecond: 8e7 }),
  ]),
  ...[1, 64].flatMap((batch) => [
    row(`wide.limit.batch.${batch}`, { label: 'C++ to C++', at: batch, perSecond: 6e7 }),
    row(`wide.native.batch.${batch}`, { label: 'ctrl-if, native', at: batch, perSecond: 2e7 }),
  ]),
  row('warmup.await.native.1', { label: 'native', at: 1, p50: 3_000_000 }),
  row('warmup.await.native.10', { label: 'native', at: 10, p50: 100_000 }),
  row('warmup.await.native.settled', { label: 'native', at: 100_000, p50: 300, more: { settledAfter: 7000 } }),
  row('wakeup.await.native.100us', {
    label: 'ctrl-if',
    at: 105_000,
    p50: 900,
    cpuNsPerMessage: 9000,
    more: { gapUs: 105 },
  }),
  row('wakeup.await.native.2ms', {
    label: 'ctrl-if',
    at: 2_100_000,
    p50: 60_000,
    cpuNsPerMessage: 90_000,
    more: { gapUs: 2100 },
  }),
  row('wakeup.unixSocket.2ms.onecore', {
    label: 'Unix socket, one core',
    at: 2_100_000,
    p50: 25_000,
    cpuNsPerMessage: 60_000,
    more: { gapUs: 2100 },
  }),
  row('gap.poll.10us', { label: 'poll', at: 12_000, p50: 900, cpuNsPerMessage: 20_000, more: { gapUs: 12 } }),
  row('gap.poll.1ms', { label: 'poll', at: 1_100_000, p50: 90_000, cpuNsPerMessage: 0, more: { gapUs: 1100 } }),
  row('codec.encode.ctrlIf', { label: 'ctrl-if', p50: 30, more: { bytesPerMessage: 0 } }),
  row('codec.decode.ctrlIf', { label: 'ctrl-if', p50: 25, more: { bytesPerMessage: 80 } }),
  row('codec.decode.binaryParser', { label: 'binary-parser', p50: 400, more: { bytesPerMessage: 752 } }),
  row('codec.decode.ctrlIf.CONSOLE_DATA', { p50: 130, more: { bytesPerMessage: 225 } }),
  row('open.connect.native', { p50: 1_500_000 }),
];

const REPORT: Report = {
  machine: {
    date: '2026-01-02T03:04:05.678Z',
    cpu: 'A & B <processor>',
    cores: 2,
    pinned: [0, 1],
    os: 'linux 6',
    arch: 'x64',
    virtualized: true,
    others: {
      foreign: 0.01,
      stolen: 0.002,
      calmBefore: true,
      trials: 800,
      repeated: 3,
      disturbed: 1,
    },
    rounds: 12,
    quick: false,
    versions: { node: '20.20.2' },
  },
  rows: [...ROWS],
  notes: [{ text: 'about the clock', rows: ['rtt.limit', 'wide.limit.256x64'] }],
  ratios: {
    'rtt.await.native/rtt.limit': 1.5,
    'rtt.unixSocket.best/rtt.await.native': 100,
    'stream.sync.sab/stream.limit': 3,
  },
  absent: [{ case: 'rtt.zeromq', why: 'not installed' }],
};

const PAGE =
  'before\n\n<!-- generated: rows.rtt -->\nold\n<!-- end -->\n\nbetween\n\n<!-- generated: plot.gap -->\n<!-- end -->\n\nafter\n';

let directory: string;
let out: string;
let json: string;
let stderr = '';

const plot = (...more: string[]) => main(['--json', json, '--out', out, ...more]);
const use = (report: unknown) => writeFileSync(json, typeof report === 'string' ? report : JSON.stringify(report));
const svg = (name: string) => readFileSync(join(out, `${name}.svg`), 'utf8');
const inRepository = (file: string) => fileURLToPath(new URL(`../../${file}`, import.meta.url));
const page = () => readFileSync(`${out}.md`, 'utf8');

beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), 'ctrl-if-plot-'));
  out = join(directory, 'performance');
  json = join(directory, 'bench.json');
  use(REPORT);
  stderr = '';
  vi.spyOn(process.stdout, 'write').mockReturnValue(true);
  vi.spyOn(process.stderr, 'write').mockImplementation((text) => {
    stderr += text;
    return true;
  });
});

afterEach(() => {
  vi.restoreAllMocks();
  rmSync(directory, { recursive: true, force: true });
});

/** Tags and attributes closed, nothing that XML forbids: an image that a browser shows. */
function expectWellFormed(text: string): void {
  const open: string[] = [];
  let rest = text;
  while (rest) {
    const [all = '', tag, end, name, closed] =
      /^(?:(<(\/?)([\w:]+)(?:\s+[\w:-]+="[^"<]*")*\s*(\/?)>)|[^<]+)/.exec(rest) ?? [];
    if (all === '') throw new Error(`not XML: ${rest.slice(0, 80)}`);
    if (/&(?!(?:amp|lt|gt|quot|apos|#\d+|#x[\da-f]+);)/i.test(all)) throw new Error(`not XML: ${all}`);
    if (tag && end) expect(open.pop()).toBe(name);
    else if (tag && !closed) open.push(name!);
    rest = rest.slice(all.length);
  }
  expect(open).toEqual([]);
}

describe('npm run bench:plot', () => {
  it('draws every plot from its rows, as SVG that is whole and has its own background', () => {
    expect(plot()).toBe(0);
    expect(readdirSync(out).sort()).toEqual(ALL_PLOTS.map(({ name }) => `${name}.svg`).sort());
    for (const { name } of ALL_PLOTS) {
      expectWellFormed(svg(name));
      expect(svg(name)).toContain('fill="#ffffff"');
      expect(svg(name)).toContain(
        '2026-01-02 · A &amp; B &lt;processor&gt;, 2 cores · node 20.20.2 · medians of 12 rounds',
      );
    }
    for (const text of ['The limit', 'C++ to C++', 'native, await request()', 'Unix socket', '300 ns, 1.5 x']) {
      expect(svg('latency')).toContain(`>${text}<`);
    }
    for (const text of ['C++ to C++', 'ctrl-if, native', '1.25 x', '3 x']) {
      expect(svg('throughput')).toContain(`>${text}<`);
    }
    expect(svg('gap')).toContain('>the limit, without a pause<');
    for (const text of ['ctrl-if', 'Unix socket, one core', 'the limit, without a pause']) {
      expect(svg('wakeup')).toContain(`>${text}<`);
    }
    expect(svg('warmup')).toContain('>rtt.await.native, after its warm-up<');
    expect(svg('ratios')).toContain('>100 (goal ≥ 12)<');
    expect(svg('ratios')).toContain('round trip: Unix socket at its best / native, await');
    expect(svg('ratios')).not.toContain('threads'); // has no goal
    expect(svg('codec')).toContain('binary-parser has no encoder');
  });

  it('writes the same bytes for the same JSON, whatever was drawn before', () => {
    plot();
    const first = ALL_PLOTS.map(({ name }) => svg(name));
    const again = ALL_PLOTS.toReversed().map((one) => toSvg(one.draw(REPORT), one, REPORT.machine));
    expect(again.toReversed()).toEqual(first);
    plot();
    expect(ALL_PLOTS.map(({ name }) => svg(name))).toEqual(first);
  });

  it.each([
    ['latency', 'rtt'],
    ['throughput', 'wide'],
    ['warmup', 'warmup'],
    ['wakeup', 'wakeup'],
    ['gap', 'gap'],
    ['codec', 'codec'],
  ])('leaves %s out when there are no %s rows, says so, and removes the old one', (name, family) => {
    plot();
    use({ ...REPORT, rows: ROWS.filter((one) => !one.case.startsWith(`${family}.`)) });
    expect(plot()).toBe(0);
    expect(existsSync(join(out, `${name}.svg`))).toBe(false);
    expect(stderr).toMatch(new RegExp(`no ${name}\\.svg: this run has no figures for it`));
    expect(readdirSync(out)).toHaveLength(ALL_PLOTS.length - 1);
  });

  it('draws what there is of a family', () => {
    use({
      ...REPORT,
      rows: ROWS.filter(({ case: name }) => !/limit|256x|ctrlIf|1ms|wakeup.await|native.10$/.test(name)),
    });
    expect(plot()).toBe(0);
    expect(readdirSync(out)).toHaveLength(ALL_PLOTS.length);
    for (const { name } of ALL_PLOTS) expectWellFormed(svg(name));
  });

  it('has nothing to draw from a run without rows, and is no failure', () => {
    use({ ...REPORT, rows: [], ratios: {} });
    expect(plot()).toBe(0);
    expect(readdirSync(out)).toEqual([]);
    expect(stderr.match(/no \w+\.svg/g)).toHaveLength(ALL_PLOTS.length);
  });

  it('judges no goal on one core', () => {
    const alone = { ...REPORT, machine: { ...REPORT.machine, cores: 1 } };
    use(alone);
    expect(plot()).toBe(0);
    expect(stderr).toContain('no ratios.svg: this run has no figures for it');
    const goal = [{ of: 'rtt.await.native', over: 'rtt.limit', goal: { atMost: 1.6 } }];
    expect(ratiosSection(alone, goal)).not.toContain('met');
    expect(ratiosSection(REPORT, goal)).toContain('met');
  });
});

describe('the page', () => {
  it('gets its tables between the markers, and nothing else changes', () => {
    writeFileSync(`${out}.md`, PAGE);
    expect(plot()).toBe(0);
    const text = page();
    expect(text).toMatch(/^before\n\n<!-- generated: rows\.rtt -->\n\n\| case /);
    expect(text).toContain('\nbetween\n');
    expect(text.endsWith('<!-- end -->\n\nafter\n')).toBe(true);
    expect(text).not.toContain('old');
    expect(text).toMatch(/`rtt\.await\.native` \| native, await request\(\) +\| +300 ns \| +1\.5 x \|/);
    expect(text).toContain('![p50 latency and CPU time');
    expect(text).toContain('](performance/gap.svg)');
    expect(stderr).toContain('has no markers for machine, ratios, absent');
    plot();
    expect(page()).toBe(text);
  });

  it('says what a run has no rows for', () => {
    writeFileSync(`${out}.md`, PAGE);
    use({ ...REPORT, rows: [] });
    expect(plot()).toBe(0);
    expect(page()).toContain('This run has no `rtt` rows.');
    expect(page()).not.toContain('.svg');
  });

  it('warns of a run that was quick or not alone', () => {
    writeFileSync(`${out}.md`, '<!-- generated: machine -->\n<!-- end -->\n');
    plot();
    expect(page()).not.toContain('Not to be quoted');
    expect(page()).toContain('1.0 % of the CPU time, the hypervisor kept 0.2 %; of 800 trials 3 were run again');
    const { others, ...machine } = REPORT.machine;
    const busy = { ...others!, foreign: 0.2, calmBefore: false, disturbed: 90 };
    use({ ...REPORT, machine: { ...machine, quick: true, rounds: 3, others: busy } });
    plot();
    expect(page()).toContain(
      '**Not to be quoted:** quick run, 3 short rounds, the machine was busy when it began, other work took 20 % of the CPU time, 90 of 800 trials disturbed.',
    );
    expect(svg('latency')).toContain('not to be quoted');
    use({ ...REPORT, machine });
    plot();
    expect(page()).toContain('**Not to be quoted:** what else ran meanwhile is not known.');
  });

  it('marks the rows of which half of the rounds were disturbed', () => {
    writeFileSync(`${out}.md`, PAGE);
    const disturb = (name: string, rounds: number) => ({ ...rowNamed(REPORT, name)!, disturbed: { rounds, of: 12 } });
    use({ ...REPORT, rows: [disturb('rtt.limit', 5), disturb('rtt.await.native', 6)] });
    plot();
    expect(page()).toContain('**Disturbed by other work:** `rtt.await.native` (6 of 12 rounds).');
  });

  it('says of a ratio to the best of several which one that was', () => {
    const onOne = row('rtt.unixSocket.onecore', { p50: 9000 });
    const ratio = {
      of: 'rtt.unixSocket.best',
      best: ['rtt.unixSocket', 'rtt.unixSocket.onecore'],
      over: 'rtt.await.native',
    };
    const text = ratiosSection({ ...REPORT, rows: [...ROWS, onOne] }, [ratio]);
    expect(text).toMatch(/`rtt\.unixSocket\.best`: `rtt\.unixSocket\.onecore` +\| `rtt\.await\.native` +\| +100 /);
  });

  it.each([
    ['a section that there is not', '<!-- generated: rows.rot -->\n<!-- end -->\n', 'there is no section rows.rot'],
    ['a section without an end', `<!-- generated: machine -->\ntext\n${PAGE}`, 'section machine has no <!-- end -->'],
    ['a marker alone', `${PAGE}<!-- end -->\n`, 'a marker is alone'],
  ])('refuses %s before anything is written', (_, text, message) => {
    writeFileSync(`${out}.md`, text);
    expect(plot()).toBe(1);
    expect(stderr).toContain(message);
    expect(page()).toBe(text);
    expect(existsSync(out)).toBe(false);
  });

  it('has markers in this repository for every section', () => {
    mkdirSync(out);
    writeFileSync(`${out}.md`, readFileSync(inRepository('docs/performance.md')));
    const readme = join(directory, 'README.md');
    writeFileSync(readme, readFileSync(inRepository('README.md')));
    expect(plot('--readme', readme)).toBe(0);
    expect(stderr).toBe('');
  });

  it('is drawn from a run that is kept without anything that no page shows', () => {
    const kept = readFileSync(inRepository('docs/performance/bench.json'), 'utf8');
    expect(reportToJSON(JSON.parse(kept))).toBe(kept);
  });

  it('and the README have the figures of the run that is in this repository', () => {
    // As `npm run bench:plot` fills them: who changes a figure by hand, or the run alone, is told here.
    json = inRepository('docs/performance/bench.json');
    const readme = join(directory, 'README.md');
    for (const [copy, file] of [
      [`${out}.md`, 'docs/performance.md'],
      [readme, 'README.md'],
    ] as const) {
      writeFileSync(copy, readFileSync(inRepository(file)));
    }
    expect(plot('--readme', readme)).toBe(0);
    expect(page()).toBe(readFileSync(inRepository('docs/performance.md'), 'utf8'));
    expect(readFileSync(readme, 'utf8')).toBe(readFileSync(inRepository('README.md'), 'utf8'));
  });
});

describe('the table of README.md', () => {
  const placed = [
    ...ROWS,
    row('rtt.unixSocket.onecore', { p50: 8000, p99: 20_000, cpuNsPerMessage: 8100 }),
    row('stream.await.native', { perSecond: 1.5e6, cpuNsPerMessage: 1200 }),
    row('stream.unixSocket', { perSecond: 4e5, cpuNsPerMessage: 5000 }),
    row('stream.unixSocket.onecore', { perSecond: 1e5, cpuNsPerMessage: 9000 }),
  ];

  it('has each rival in the placement that is better for it, and says which', () => {
    const text = readmeSection({ ...REPORT, rows: placed });
    const lines = text.split('\n').map((line) => line.replaceAll(/ +/g, ' '));
    expect(lines).toContain('| ctrl-if, native | 300 ns | 2 µs | | 1.5 M | 1.2 µs |');
    expect(lines).toContain('| Unix socket (`node:net`) | 8 µs, one core | 20 µs | 8.1 µs | 400 k | 5 µs |');
    expect(text).toContain('A & B <processor>, 2 cores, a virtual machine, Node 20.20.2, 2026-01-02.');
    expect(text).toContain('in the placement that is better for them');
    expect(readmeSection(REPORT)).toContain('This run has no rival with both sides on one core');
    expect(text).not.toContain('ZeroMQ');
    expect(text).not.toContain('Not to be quoted');
  });

  it('says itself when its figures are not to be quoted', () => {
    const text = readmeSection({ ...REPORT, machine: { ...REPORT.machine, quick: true }, rows: placed });
    expect(text).toContain('**Not to be quoted:** quick run');
  });

  it('goes between the markers of the file that is named, and nowhere with --out alone', () => {
    const readme = join(directory, 'README.md');
    writeFileSync(readme, 'above\n\n<!-- generated: readme -->\nold\n<!-- end -->\n\nbelow\n');
    expect(plot()).toBe(0);
    expect(readFileSync(readme, 'utf8')).toContain('old');
    expect(plot('--readme', readme)).toBe(0);
    expect(readFileSync(readme, 'utf8')).toMatch(
      /^above\n\n<!-- generated: readme -->\n\n\| [\s\S]*<!-- end -->\n\nbelow\n$/,
    );
    writeFileSync(readme, '<!-- generated: machine -->\n<!-- end -->\n');
    expect(plot('--readme', readme)).toBe(1);
    expect(stderr).toContain('there is no section machine');
  });
});

describe('bad input', () => {
  it.each([
    ['no JSON', '{"machine"', 'cannot be read as JSON'],
    ['another JSON', '[1]', 'it must be object'],
    ['a run without rows', { ...REPORT, rows: undefined }, 'it must have required properties rows'],
    ['a row without a name', { ...REPORT, rows: [{}] }, 'rows.0 must have required properties case'],
    ['a figure that is none', { ...REPORT, rows: [row('rtt.limit', { p50: -1 })] }, 'rows.0.p50 must be >= 0'],
    ['a machine without a date', { ...REPORT, machine: { ...REPORT.machine, date: 1 } }, 'machine.date must be string'],
    [
      'others that are none',
      { ...REPORT, machine: { ...REPORT.machine, others: { foreign: 1 } } },
      'machine.others must have required properties stolen',
    ],
    [
      'disturbed rounds that are none',
      { ...REPORT, rows: [{ ...row('rtt.limit', {}), disturbed: true }] },
      'rows.0.disturbed must be object',
    ],
    ['a ratio that is none', { ...REPORT, ratios: { 'a/b': null } }, 'ratios.a/b must be number'],
  ])('%s: a sentence and exit code 1', (_, report, message) => {
    use(report);
    expect(plot()).toBe(1);
    expect(stderr).toContain(message);
    expect(stderr).not.toContain('    at ');
    expect(existsSync(out)).toBe(false);
  });

  it('a file that is not there: exit code 1, and how to get it', () => {
    rmSync(json);
    expect(plot()).toBe(1);
    expect(stderr).toContain(`npm run bench -- --json ${json}`);
  });

  it.each([[['--fast']], [['file.json']], [['--json']], [['--out', '']], [['--readme', '']]])(
    '%j: the usage and exit code 2',
    (argv) => {
      expect(main(argv)).toBe(2);
      expect(stderr).toContain('usage: npm run bench:plot');
    },
  );

  it('--help is none', () => {
    expect(plot('--help')).toBe(0);
    expect(stderr).toBe('');
  });
});
