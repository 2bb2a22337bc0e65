import { readdirSync, readFileSync } from 'node:fs';
import { dirname, join, posix, relative, sep } from 'node:path';
import ts from 'typescript';
import { packageRoot } from '../../src/platform/paths.js';

interface Import {
  /** `src/…/x.ts` for a file of ours, else the package or `node:` module as written. */
  target: string;
  ours: boolean;
  typeOnly: boolean;
  /** `import()`: loaded when the line runs. */
  lazy: boolean;
  names: readonly string[];
}

export interface SourceFile {
  /** From the package root, with `/`. */
  path: string;
  text: string;
  lines: number;
  imports: readonly Import[];
  /** Named, or by the line where it begins; nested ones count within their parents too. */
  functions: readonly { name: string; lines: number }[];
  /** Interfaces, classes and aliases that the file declares at its top. */
  types: readonly string[];
  /** Where the file says what the compiler can't check: `x!`, and `x as T` other than `as const`. */
  asserted: { present: number; casts: number };
  /** Lines that throw a new Problem or Error in a catch that has the error, and do not hand it on as the cause. */
  causeless: readonly number[];
}

/** Folders and files below a folder of the package, from its root, with `/`; sorted. */
export function listTree(folder: string): { files: string[]; folders: string[] } {
  const entries = readdirSync(join(packageRoot, folder), { withFileTypes: true, recursive: true });
  const named = entries.map((entry) => ({
    isFolder: entry.isDirectory(),
    path: relative(packageRoot, join(entry.parentPath, entry.name)).split(sep).join('/'),
  }));
  const pick = (isFolder: boolean) => named.filter((each) => each.isFolder === isFolder).map(({ path }) => path);
  return { files: pick(false).sort(), folders: pick(true).sort() };
}

/** The TypeScript files below some folders, parsed. */
export function readSources(...folders: string[]): SourceFile[] {
  const paths = folders.flatMap((folder) => listTree(folder).files).filter((path) => path.endsWith('.ts'));
  return paths.map((path) => readSource(path));
}

function readSource(path: string): SourceFile {
  const text = readFileSync(join(packageRoot, path), 'utf8');
  const tree = ts.createSourceFile(path, text, ts.ScriptTarget.Latest, true);
  const imports: Import[] = [];
  const functions: { name: string; lines: number }[] = [];
  const asserted = { present: 0, casts: 0 };
  const causeless: number[] = [];
  const visit = (node: ts.Node): void => {
    const found = importOf(path, node);
    if (found) imports.push(found);
    if (ts.isNonNullExpression(node)) asserted.present += 1;
    if (ts.isAsExpression(node) && !ts.isConstTypeReference(node.type)) asserted.casts += 1;
    if (ts.isCatchClause(node)) causeless.push(...throwsWithoutCause(tree, node));
    if (ts.isFunctionLike(node) && 'body' in node && node.body) functions.push(measure(tree, node));
    ts.forEachChild(node, visit);
  };
  visit(tree);
  const types = tree.statements.filter(isTypeDeclaration).flatMap(({ name }) => name?.text ?? []);
  return { path, text, lines: text.split('\n').length - 1, imports, functions, types, asserted, causeless };
}

function throwsWithoutCause(tree: ts.SourceFile, { variableDeclaration, block }: ts.CatchClause): number[] {
  if (variableDeclaration === undefined) return [];
  const lines: number[] = [];
  const visit = (node: ts.Node): void => {
    if (ts.isThrowStatement(node) && /^throw new (Problem|Error)\((?![\s\S]*\bcause\b)/.test(node.getText(tree)))
      lines.push(tree.getLineAndCharacterOfPosition(node.getStart(tree)).line + 1);
    if (!ts.isFunctionLike(node)) ts.forEachChild(node, visit);
  };
  visit(block);
  return lines;
}

function isTypeDeclaration(
  node: ts.Node,
): node is ts.InterfaceDeclaration | ts.TypeAliasDeclaration | ts.ClassDeclaration {
  return ts.isInterfaceDeclaration(node) || ts.isTypeAliasDeclaration(node) || ts.isClassDeclaration(node);
}

function importOf(path: string, node: ts.Node): Import | undefined {
  if (ts.isImportDeclaration(node) || ts.isExportDeclaration(node)) {
    const from = node.moduleSpecifier;
    return from && ts.isStringLiteral(from) ? describe(path, from.text, clauseOf(node)) : undefined;
  }
  const called = ts.isCallExpression(node) && node.expression.kind === ts.SyntaxKind.ImportKeyword;
  const name = called ? node.arguments[0] : undefined;
  if (name && ts.isStringLiteral(name)) return describe(path, name.text, { typeOnly: false, lazy: true, names: [] });
  return undefined;
}

function clauseOf(node: ts.ImportDeclaration | ts.ExportDeclaration): Pick<Import, 'typeOnly' | 'lazy' | 'names'> {
  if (ts.isExportDeclaration(node)) return { typeOnly: node.isTypeOnly, lazy: false, names: [] };
  const { importClause } = node;
  const bindings = importClause?.namedBindings;
  const elements = bindings && ts.isNamedImports(bindings) ? [...bindings.elements] : [];
  const allTypes = elements.length > 0 && elements.every(({ isTypeOnly }) => isTypeOnly) && !importClause?.name;
  const names = elements.map((element) => (element.propertyName ?? element.name).text);
  return { typeOnly: importClause?.isTypeOnly === true || allTypes, lazy: false, names };
}

function describe(path: string, specifier: string, clause: Pick<Import, 'typeOnly' | 'lazy' | 'names'>): Import {
  const ours = specifier.startsWith('.');
  const target = ours ? posix.join(dirname(path), specifier).replace(/\.js$/, '.ts') : specifier;
  return { target, ours, ...clause };
}

function measure(tree: ts.SourceFile, node: ts.SignatureDeclaration): { name: string; lines: number } {
  const lineOf = (position: number): number => tree.getLineAndCharacterOfPosition(position).line + 1;
  const first = lineOf(node.getStart(tree));
  return { name: node.name?.getText(tree) ?? `line ${first}`, lines: lineOf(node.end) - first + 1 };
}
