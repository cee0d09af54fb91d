import ts from 'typescript';
import type { RepositoryFile } from './repository.ts';
import { lineOf, parse } from './syntax.ts';

/** Packages a file names: by import, export from, import(), require() or resolve(); Node's own are left out. */
export function packagesNamedIn(file: RepositoryFile): { name: string; line: number }[] {
  const { tree, nodes } = parse(file);
  return nodes.flatMap((node) => {
    const name = packageOf(specifierIn(node) ?? '');
    return name ? [{ name, line: lineOf(tree, node) }] : [];
  });
}

function specifierIn(node: ts.Node): string | undefined {
  if (ts.isImportDeclaration(node) || ts.isExportDeclaration(node)) return textOf(node.moduleSpecifier);
  if (ts.isCallExpression(node) && /(^|\.)(import|require|resolve)$/.test(node.expression.getText())) {
    return textOf(node.arguments[0]);
  }
  return undefined;
}

function textOf(node: ts.Node | undefined) {
  if (node && ts.isTemplateExpression(node)) return node.head.text;
  return node && ts.isStringLiteralLike(node) ? node.text : undefined;
}

/** `@scope/name` or `name` of a bare specifier; nothing for a relative one or a module of Node. */
const packageOf = (specifier: string) => /^(?!node:)((?:@[\w.-]+\/)?[a-z][\w.-]*)(\/|$)/.exec(specifier)?.[1];
