/** Every public export of the package has a docstring, and so has every public member of it. */
import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import ts from 'typescript';
import { expect, it } from 'vitest';

const ROOT = fileURLToPath(new URL('..', import.meta.url));
const LIB = `${ROOT}lib/`;

interface Entry {
  readonly types?: string;
}

/** `ctrl-if/wire`: its source, by what package.json says of its declarations. */
function entryPoints(): string[] {
  const { exports } = JSON.parse(readFileSync(`${ROOT}package.json`, 'utf8')) as { exports: Record<string, Entry> };
  return Object.values(exports)
    .flatMap(({ types }) => types ?? [])
    .map((types) => ROOT + types.replace(/^\.\/dist\//, 'lib/').replace(/\.d\.ts$/, '.ts'));
}

function program(): ts.Program {
  const { config } = ts.readConfigFile(`${ROOT}tsconfig.json`, ts.sys.readFile);
  const { options } = ts.parseJsonConfigFileContent(config, ts.sys, ROOT);
  return ts.createProgram(entryPoints(), options);
}

const isOurs = (node: ts.Node) => node.getSourceFile().fileName.startsWith(LIB);
const isInternal = (symbol: ts.Symbol) => symbol.getJsDocTags().some(({ name }) => name === 'internal');

/** Members that a user of the symbol sees: not private, not inherited from outside the project. */
function* membersOf(symbol: ts.Symbol): Generator<ts.Symbol> {
  const declarations = (symbol.declarations ?? []).filter(
    (node) => ts.isClassDeclaration(node) || ts.isInterfaceDeclaration(node),
  );
  for (const { members } of declarations) {
    for (const member of members) {
      const hidden = ts.ModifierFlags.Private | ts.ModifierFlags.Override;
      const named = member.name && ts.isIdentifier(member.name);
      if (!named || ts.getCombinedModifierFlags(member) & hidden) continue;
      const found = (member as ts.Node & { symbol?: ts.Symbol }).symbol;
      if (found) yield found;
    }
  }
}

/** Exports and members without a docstring: `lib/domain/guest.ts: Guest.name`. */
function undocumented(): string[] {
  const all = program();
  const checker = all.getTypeChecker();
  const lacks = (symbol: ts.Symbol) =>
    !isInternal(symbol) && symbol.getDocumentationComment(checker).length === 0 && symbol.getJsDocTags().length === 0;
  const found = new Set<string>();
  for (const entry of entryPoints()) {
    const module = checker.getSymbolAtLocation(all.getSourceFile(entry)!)!;
    for (const exported of checker.getExportsOfModule(module)) {
      const symbol = exported.flags & ts.SymbolFlags.Alias ? checker.getAliasedSymbol(exported) : exported;
      const [declaration] = symbol.declarations ?? [];
      if (!declaration || !isOurs(declaration) || isInternal(symbol)) continue;
      const path = declaration.getSourceFile().fileName.slice(ROOT.length);
      if (lacks(symbol)) found.add(`${path}: ${symbol.name}`);
      for (const member of membersOf(symbol)) {
        if (lacks(member)) found.add(`${path}: ${symbol.name}.${member.name}`);
      }
    }
  }
  return [...found].sort();
}

it('every public export and every public member has a docstring', () => {
  expect(undocumented()).toEqual([]);
}, 60_000);
