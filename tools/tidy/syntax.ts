import ts from 'typescript';
import { isCode, isTest, type Fault, type RepositoryFile } from './repository.ts';

const longestFunction = 70;
const longestControllerMethod = 10;
const mostDependencies = 5;

/** Functions a reader can hold; there is no list of exceptions, because none is needed yet and none shall be. */
export function longFunctions(files: RepositoryFile[]): Fault[] {
  return find(
    files,
    ts.isFunctionLike,
    (_, lines) => lines > longestFunction && `a function of ${lines} lines: split it, ${longestFunction} are enough`,
  );
}

/** A controller passes on; what decides has its own file. What a method is given may take as many lines as it likes. */
export function longControllerMethods(files: RepositoryFile[]): Fault[] {
  const controllers = files.filter(({ path }) => path.endsWith('.controller.ts'));
  return find(
    controllers,
    isMethodBody,
    (_, lines) =>
      lines > longestControllerMethod &&
      `a controller method of ${lines} lines: move what it decides into a file named by its verb`,
  );
}

/** A class that needs more than five others does too much. */
export function greedyConstructors(files: RepositoryFile[]): Fault[] {
  return find(
    files,
    ts.isConstructorDeclaration,
    ({ parameters }) =>
      parameters.length > mostDependencies &&
      `a constructor with ${parameters.length} dependencies: split the class, ${mostDependencies} are enough`,
  );
}

/** The database's own clock in SQL: time comes from the injected clock, so that tests move it and replays agree. */
export function clocksInSql(files: RepositoryFile[]): Fault[] {
  const ownClock = /\b(now\(\)|(clock|statement|transaction)_timestamp\(|current_(timestamp|date)\b|localtimestamp\b)/i;
  const product = files.filter(({ path }) => /^(apps|libs|infra)\//.test(path));
  return find(
    product,
    isText,
    ({ text }) =>
      ownClock.test(text) && `${ownClock.exec(text)?.[0]}: the clock of the database; pass the time as a parameter`,
  );
}

const isMethodBody = (node: ts.Node): node is ts.Block => ts.isBlock(node) && ts.isMethodDeclaration(node.parent);

const isText = (node: ts.Node): node is ts.LiteralLikeNode =>
  ts.isStringLiteralLike(node) || ts.isTemplateHead(node) || ts.isTemplateMiddle(node) || ts.isTemplateTail(node);

/** A fault for every node of a kind about which `judge` has something to say; `lines` is how many the node spans. */
function find<N extends ts.Node>(
  files: RepositoryFile[],
  isKind: (node: ts.Node) => node is N,
  judge: (node: N, lines: number) => string | false,
): Fault[] {
  return files
    .filter((file) => isCode(file) && !isTest(file))
    .flatMap((file) => {
      const { tree, nodes } = parse(file);
      return nodes.filter(isKind).flatMap((node) => {
        const line = lineOf(tree, node);
        const message = judge(node, tree.getLineAndCharacterOfPosition(node.getEnd()).line + 2 - line);
        return message === false ? [] : [{ path: file.path, line, message }];
      });
    });
}

const parsed = new WeakMap<RepositoryFile, ReturnType<typeof parseAfresh>>();

/** The tree of a file and all its nodes; parsed once, because several rules read it. */
export function parse(file: RepositoryFile) {
  const known = parsed.get(file) ?? parseAfresh(file);
  parsed.set(file, known);
  return known;
}

function parseAfresh({ path, text }: RepositoryFile) {
  const tree = ts.createSourceFile(path, text, ts.ScriptTarget.Latest, true);
  const nodes: ts.Node[] = [];
  const visit = (node: ts.Node) => {
    nodes.push(node);
    ts.forEachChild(node, visit);
  };
  visit(tree);
  return { tree, nodes };
}

/** Lines count from 1. */
export const lineOf = (tree: ts.SourceFile, node: ts.Node) =>
  tree.getLineAndCharacterOfPosition(node.getStart()).line + 1;
