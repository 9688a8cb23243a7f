import { readdirSync, readFileSync } from 'node:fs';
import { basename, join, posix } from 'node:path';
import ts from 'typescript';

/** A file of the program, its path from the top of the repository. */
export interface SourceFile {
  readonly path: string;
  readonly text: string;
}

/** A rule says what a file breaks, a sentence each. */
export type Rule = (file: SourceFile) => readonly string[];

/** Every TypeScript file below a folder. */
export function readSources(folder: string): readonly SourceFile[] {
  return readdirSync(folder, { recursive: true, encoding: 'utf8' })
    .filter((name) => name.endsWith('.ts'))
    .map((name) => join(folder, name))
    .map((path) => ({ path, text: readFileSync(path, 'utf8') }));
}

/** From the ground up. A part imports only from floors below its own, and from itself. */
const floors: readonly (readonly string[])[] = [
  ['async', 'errors'],
  ['canonical'],
  ['sse'],
  ['dialects', 'observability', 'network', 'comparing'],
  ['config', 'catalog', 'stores', 'cassettes', 'conformance'],
  ['backends', 'migrations', 'archive'],
  ['conversations', 'replay'],
  ['http', 'admin'],
  ['app'],
  ['cli'],
  ['main'],
];

const floorOf = (part: string) => floors.findIndex((floor) => floor.includes(part));

/** The first name below `src`: a folder, or a file without its ending. */
const partOf = (path: string) => path.split('/')[1]?.replace(/\.ts$/, '') ?? '';

const importsOf = ({ text }: SourceFile): readonly string[] =>
  ts.preProcessFile(text, true, true).importedFiles.map(({ fileName }) => fileName);

const targetsOf = (file: SourceFile): readonly string[] =>
  importsOf(file)
    .filter((name) => name.startsWith('.'))
    .map((name) => posix.join(posix.dirname(file.path), name));

export const arrowsPointDown: Rule = (file) => {
  const own = partOf(file.path);
  if (floorOf(own) < 0) return [`${own} has no floor: give it one`];
  return targetsOf(file)
    .filter((target) => target.startsWith('src/') && partOf(target) !== own)
    .filter((target) => !(floorOf(partOf(target)) >= 0 && floorOf(partOf(target)) < floorOf(own)))
    .map((target) => `${own} imports ${target}, which is not below it`);
};

export const staysInside: Rule = (file) =>
  targetsOf(file)
    .filter((target) => !target.startsWith('src/'))
    .map((target) => `imports ${target}, which is not part of the program`);

const dialectOf = (path: string) => /^src\/dialects\/([^/]+)\//.exec(path)?.[1];

export const dialectsAreStrangers: Rule = (file) => {
  const own = dialectOf(file.path);
  if (own === undefined) return [];
  return targetsOf(file)
    .filter((target) => (dialectOf(target) ?? own) !== own)
    .map((target) => `${own} imports ${target}, another dialect`);
};

const serverLibraries = ['express', 'multer', 'ws'];

/** What speaks to upstreams uses a client of the same library. */
const clientLibraries = ['ws'];

export const serverLibrariesStayInHttp: Rule = (file) =>
  file.path.startsWith('src/http/')
    ? []
    : importsOf(file)
        .filter((name) => serverLibraries.includes(name.split('/')[0] ?? ''))
        .filter((name) => !(file.path.startsWith('src/network/') && clientLibraries.includes(name)))
        .map((name) => `imports ${name}: only src/http may`);

export const framesAreMadeInSse: Rule = (file) => {
  if (!file.path.startsWith('src/dialects/')) return [];
  return literalsOf(file)
    .filter((text) => /(^|\n)data: ?/.test(text) || text.includes('\n\n'))
    .map((text) => `frames ${JSON.stringify(text)}: yield an SseMessage`);
};

/** Every text in the file, as it is when the program runs. */
function literalsOf({ path, text }: SourceFile): readonly string[] {
  const found: string[] = [];
  const visit = (node: ts.Node): void => {
    if (ts.isStringLiteralLike(node) || ts.isTemplateHead(node) || ts.isTemplateMiddleOrTemplateTail(node)) {
      found.push(node.text);
    }
    ts.forEachChild(node, visit);
  };
  visit(ts.createSourceFile(path, text, ts.ScriptTarget.ES2023));
  return found;
}

export const dialectsAreData: Rule = ({ text }) =>
  [...text.matchAll(/\bdialect\.name\s*[!=]==?|\bswitch\s*\(\s*\w*\.?dialect\.name/g)].map(
    ([match]) => `asks which dialect it is (${match}): make the difference data of the dialect`,
  );

export const namesSaySomething: Rule = ({ path }) => {
  const name = basename(path, '.ts');
  const empty = path.split('/').some((step) => /^(utils?|helpers?|types?|common)(\.ts)?$/.test(step));
  return empty || /-(utils?|helpers?)$/.test(name) ? [`${path} says nothing: name the operation or the noun`] : [];
};

/** The most lines that a file may have. */
export const longestFile = 250;

export const filesAreShort: Rule = ({ text }) => {
  const lines = text.split('\n').length - 1;
  return lines > longestFile ? [`has ${lines} lines; ${longestFile} are the most`] : [];
};

/** Circles of files that import each other at run time, each once; types are gone by then. */
export function circlesOf(files: readonly SourceFile[]): readonly string[] {
  const known = new Map(files.map((file) => [file.path, targetsAtRunTime(file)]));
  const done = new Set<string>();
  const circles: string[] = [];
  const walk = (path: string, way: readonly string[]): void => {
    const from = way.indexOf(path);
    if (from !== -1) circles.push([...way.slice(from), path].join(' → '));
    if (from !== -1 || done.has(path)) return;
    for (const target of known.get(path) ?? []) walk(target, [...way, path]);
    done.add(path);
  };
  for (const path of known.keys()) walk(path, []);
  return circles;
}

function targetsAtRunTime({ path, text }: SourceFile): readonly string[] {
  const { statements } = ts.createSourceFile(path, text, ts.ScriptTarget.Latest);
  return statements.flatMap((statement) => {
    if (!ts.isImportDeclaration(statement) && !ts.isExportDeclaration(statement)) return [];
    const { moduleSpecifier } = statement;
    if (moduleSpecifier === undefined || !ts.isStringLiteral(moduleSpecifier) || isOfTypes(statement)) return [];
    return moduleSpecifier.text.startsWith('.') ? [posix.join(posix.dirname(path), moduleSpecifier.text)] : [];
  });
}

function isOfTypes(statement: ts.ImportDeclaration | ts.ExportDeclaration): boolean {
  if (ts.isExportDeclaration(statement)) return statement.isTypeOnly;
  const { importClause } = statement;
  if (importClause === undefined || importClause.name !== undefined) return false;
  if (importClause.phaseModifier === ts.SyntaxKind.TypeKeyword) return true;
  const { namedBindings } = importClause;
  return (
    namedBindings !== undefined &&
    ts.isNamedImports(namedBindings) &&
    namedBindings.elements.every(({ isTypeOnly }) => isTypeOnly)
  );
}
