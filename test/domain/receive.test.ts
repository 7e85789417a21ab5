/** What TypeScript says of a mistake in `receive`. */
import { fileURLToPath } from 'node:url';
import ts from 'typescript';
import { expect, it } from 'vitest';

const ROOT = fileURLToPath(new URL('../..', import.meta.url));
const FILE = `${ROOT}test/domain/a-users-program.ts`;

const PROGRAM = `
import { type Domain, defineMessage, out, u32 } from '../../dist/index.js';
const square = defineMessage({ name: 'SQUARE', type: 11, payload: { n: u32, result: out(u32) } });
declare const domain: Domain<typeof square>;
`;

/** The diagnostics of each statement, compiled as a program that uses the package. */
function mistakesIn(statements: readonly string[]): string[][] {
  const text = PROGRAM + statements.map((statement) => `${statement}\n`).join('');
  const options: ts.CompilerOptions = {
    strict: true,
    noEmit: true,
    skipLibCheck: true,
    target: ts.ScriptTarget.ES2022,
    module: ts.ModuleKind.NodeNext,
    types: ['node'],
  };
  const host = ts.createCompilerHost(options);
  const { getSourceFile } = host;
  host.getSourceFile = (name, version) =>
    name === FILE ? ts.createSourceFile(name, text, version) : getSourceFile.call(host, name, version);
  const program = ts.createProgram([FILE], options, host);
  const above = PROGRAM.split('\n').length - 1;
  const mistakes: string[][] = statements.map(() => []);
  for (const { file, start, messageText } of ts.getPreEmitDiagnostics(program)) {
    const { line } = file!.getLineAndCharacterOfPosition(start!);
    mistakes[line - above]!.push(ts.flattenDiagnosticMessageText(messageText, '\n'));
  }
  return mistakes;
}

it('receive() with a wrong name or field causes one clear type error', { timeout: 60_000 }, () => {
  const right = [
    "domain.receive('SQUARE', ({ n }) => ({ result: n * n }));",
    "domain.receive('SQUARE', async ({ n }) => ({ result: n * n }));",
    "domain.receive('SHUTDOWN_SYSRQ', ({ key }) => void key.length);",
    "domain.receive(11, (message) => (message.name === 'SQUARE' ? { result: message.n } : undefined));",
  ];
  const wrong: [statement: string, says: RegExp][] = [
    ["domain.receive('SQARE', ({ n }) => ({ result: n * n }));", /^Argument of type '"SQARE"' is not .*"SQUARE"/],
    [
      "domain.receive('SQUARE', ({ n }) => ({ result: String(n) }));",
      /^Type 'string' is not assignable to type 'number'/,
    ],
    ["domain.receive('SQUARE', async () => ({ result: 'a' }));", /Types of property 'result' are incompatible/],
    ["domain.receive('SQUARE', ({ m }) => ({ result: m }));", /^Property 'm' does not exist/],
    ['domain.receive(11n, () => {});', /^Argument of type '11n' is not assignable/],
  ];
  const told = mistakesIn([...right, ...wrong.map(([statement]) => statement)]);
  expect(told.slice(0, right.length)).toEqual(right.map(() => []));
  told.slice(right.length).forEach((mistakes, i) => {
    expect(mistakes, wrong[i]![0]).toEqual([expect.stringMatching(wrong[i]![1])]);
    expect(mistakes[0]).not.toContain('overload');
  });
});
