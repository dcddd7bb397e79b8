// Reads source files as the compiler does, and keeps of each what the rules of the house look at.
// Knows no rule.
import { readFileSync } from 'node:fs';
import { relative } from 'node:path';
import { type Node, SyntaxKind } from 'typescript/unstable/ast';
import {
  isCallExpression,
  isExportDeclaration,
  isExternalModuleReference,
  isIdentifier,
  isImportDeclaration,
  isImportTypeNode,
  isLiteralTypeNode,
  isNewExpression,
  isNoSubstitutionTemplateLiteral,
  isPropertyAccessExpression,
  isStringLiteral,
} from 'typescript/unstable/ast/is';
import { API } from 'typescript/unstable/sync';

/** Something that a file imports: `specifier` is null where it is computed when it runs. */
export interface Import {
  readonly specifier: string | null;
  /** Gone after compilation. */
  readonly typeOnly: boolean;
  readonly line: number;
}

/** A use of the outside world: time, chance, the environment, the terminal. */
export interface WorldUse {
  readonly what: string;
  readonly line: number;
}

export interface SourceFile {
  /** Below the root, with forward slashes: `src/bus/bus.ts`. */
  readonly path: string;
  readonly text: string;
  readonly imports: readonly Import[];
  readonly worldUses: readonly WorldUse[];
  /** Names that are called as plain functions. */
  readonly calls: ReadonlySet<string>;
}

/** Every TypeScript file of the project below `root`, parsed by the compiler itself. */
export function readSources(root: string): SourceFile[] {
  const compiler = new API({ cwd: root });
  try {
    const config = `${root}/tsconfig.json`;
    const project = compiler.updateSnapshot({ openProjects: [config] }).getProject(config);
    if (project === undefined) throw new Error(`the compiler cannot read ${config}`);
    return project.rootFiles
      .filter((path) => path.startsWith(`${root}/`) && !path.includes('/node_modules/'))
      .map((path) => {
        const tree = project.program.getSourceFile(path);
        if (tree === undefined) throw new Error(`the compiler cannot read ${path}`);
        const text = readFileSync(path, 'utf8');
        return { path: relative(root, path).replaceAll('\\', '/'), text, ...walk(tree, text) };
      });
  } finally {
    compiler.close();
  }
}

function walk(tree: Node, text: string): Pick<SourceFile, 'imports' | 'worldUses' | 'calls'> {
  const imports: Import[] = [];
  const worldUses: WorldUse[] = [];
  const calls = new Set<string>();
  const lineOf = (node: Node) => text.slice(0, node.getStart()).split('\n').length;
  const visit = (node: Node): void => {
    const specifier = importedBy(node);
    if (specifier !== undefined) {
      imports.push({ specifier, typeOnly: isTypeOnly(node), line: lineOf(node) });
    }
    const what = worldUsedBy(node);
    if (what !== null) worldUses.push({ what, line: lineOf(node) });
    if (isCallExpression(node) && isIdentifier(node.expression)) calls.add(node.expression.text);
    node.forEachChild(visit);
  };
  visit(tree);
  return { imports, worldUses, calls };
}

/** What a node imports, in every way that the language has; undefined where it imports nothing. */
function importedBy(node: Node): string | null | undefined {
  if (isImportDeclaration(node) || isExportDeclaration(node)) {
    return node.moduleSpecifier === undefined ? undefined : literal(node.moduleSpecifier);
  }
  if (isExternalModuleReference(node)) return literal(node.expression);
  if (isImportTypeNode(node)) {
    return isLiteralTypeNode(node.argument) ? literal(node.argument.literal) : null;
  }
  if (!isCallExpression(node)) return undefined;
  const { expression } = node;
  const loads =
    expression.kind === SyntaxKind.ImportKeyword ||
    (isIdentifier(expression) && expression.text === 'require');
  return loads ? literal(node.arguments[0]) : undefined;
}

function isTypeOnly(node: Node): boolean {
  return isImportTypeNode(node) || /^(?:import|export)\s+type\b/.test(node.getText());
}

function literal(node: Node | undefined): string | null {
  if (node === undefined) return null;
  return isStringLiteral(node) || isNoSubstitutionTemplateLiteral(node) ? node.text : null;
}

function worldUsedBy(node: Node): string | null {
  if (isPropertyAccessExpression(node)) {
    const owner = lastName(node.expression);
    const member = `${owner}.${node.name.text}`;
    if (['process.env', 'Date.now', 'Math.random'].includes(member)) return member;
    return owner === 'console' && isIdentifier(node.expression) ? member : null;
  }
  if (node.kind === SyntaxKind.ElementAccessExpression) {
    const compact = node.getText().replace(/["'`\s]/g, '');
    return /^(?:process\[env\]|Date\[now\]|Math\[random\]|console\[)/.exec(compact)?.[0] ?? null;
  }
  if (isNewExpression(node) && lastName(node.expression) === 'Date') {
    return (node.arguments?.length ?? 0) === 0 ? 'new Date()' : null;
  }
  if (isCallExpression(node) && isIdentifier(node.expression) && node.expression.text === 'Date') {
    return 'Date()';
  }
  if (isImportDeclaration(node) && /process|console/.test(literal(node.moduleSpecifier) ?? '')) {
    const names = /\{([^}]*)\}/.exec(node.getText())?.[1] ?? '';
    return /\benv\b/.test(names) ? 'env of node:process' : null;
  }
  return null;
}

/** `process` of `process`, `globalThis.process` and the like. */
function lastName(node: Node): string {
  if (isIdentifier(node)) return node.text;
  return isPropertyAccessExpression(node) ? node.name.text : '';
}
