import ts from 'typescript';
import { sourceFiles } from '../support/source-imports.js';
import { sourceTree } from '../support/source-tree.js';

/** A place of src/ that holds commands for users. */
export interface CommandPlace {
  /** FILE:LINE, below src/. */
  readonly at: string;
  /** What stands after "swarmup", with every value filled in that can make a difference. */
  readonly lines: readonly string[];
}

/** What an expression stands for where its text does not tell: words that its command takes. */
export type Meanings = Readonly<Record<string, readonly string[]>>;

/** Every template with one of the tags that make a command line. */
export function taggedCommands(tags: readonly string[], meanings: Meanings): readonly CommandPlace[] {
  return everyNode((node) => {
    if (!ts.isTaggedTemplateExpression(node) || !tags.includes(node.tag.getText())) return [];
    return linesOf(node.template, meanings);
  });
}

/** Every other string that reads like one: "swarmup" and what `isCommandWord` knows, or a value. */
export function typedCommands(isCommandWord: (word: string) => boolean): readonly CommandPlace[] {
  return everyNode((node) => {
    const text = textOf(node);
    return [...(text ?? '').matchAll(/\bswarmup (\0|--?[\w-]+|[a-z][a-z-]*)/g)].flatMap(([, word = '']) =>
      word === '\0' || isCommandWord(word) ? [word.replace('\0', '${…}')] : [],
    );
  });
}

function everyNode(linesAt: (node: ts.Node) => readonly string[]): readonly CommandPlace[] {
  return sourceFiles.flatMap((file) => {
    const source = sourceTree(file);
    const places: CommandPlace[] = [];
    const visit = (node: ts.Node): void => {
      const lines = linesAt(node);
      if (lines.length > 0)
        places.push({ at: `${file}:${source.getLineAndCharacterOfPosition(node.getStart()).line + 1}`, lines });
      ts.forEachChild(node, visit);
    };
    visit(source);
    return places;
  });
}

/** The text of a string that has no tag; NUL for each value in it. */
function textOf(node: ts.Node): string | undefined {
  if (ts.isSourceFile(node) || ts.isTaggedTemplateExpression(node.parent)) return undefined;
  if (ts.isStringLiteralLike(node)) return node.text;
  if (!ts.isTemplateExpression(node)) return undefined;
  return node.templateSpans.reduce((text, { literal }) => `${text}\0${literal.text}`, node.head.text);
}

/** As the tag joins them: what is empty takes the space before it along. */
function linesOf(template: ts.TemplateLiteral, meanings: Meanings): readonly string[] {
  if (ts.isNoSubstitutionTemplateLiteral(template)) return [template.text];
  return template.templateSpans.reduce<readonly string[]>(
    (lines, { expression, literal }) =>
      lines.flatMap((line) =>
        wordsOf(expression, meanings).map((words) => `${words === '' ? line.trimEnd() : line + words}${literal.text}`),
      ),
    [template.head.text],
  );
}

/** What an expression can be, each as it would be typed: the branches of conditions, the words of arrays. */
function wordsOf(node: ts.Expression, meanings: Meanings): readonly string[] {
  const known = meanings[node.getText()];
  if (known !== undefined) return known;
  if (ts.isStringLiteralLike(node) || ts.isNumericLiteral(node)) return [node.text];
  if (ts.isConditionalExpression(node))
    return [...wordsOf(node.whenTrue, meanings), ...wordsOf(node.whenFalse, meanings)];
  if (ts.isBinaryExpression(node)) return [...wordsOf(node.left, meanings), ...wordsOf(node.right, meanings)];
  if (ts.isTemplateExpression(node)) return linesOf(node, meanings);
  if (ts.isSpreadElement(node) || ts.isParenthesizedExpression(node)) return wordsOf(node.expression, meanings);
  if (ts.isArrayLiteralExpression(node))
    return node.elements.reduce<readonly string[]>(
      (lines, element) => lines.flatMap((line) => wordsOf(element, meanings).map((words) => `${line} ${words}`.trim())),
      [''],
    );
  if (ts.isCallExpression(node)) return wordsOfCall(node, meanings);
  const value = ts.isIdentifier(node) ? valueOf(node) : undefined;
  return value === undefined ? plausible(node.getText()) : wordsOf(value, meanings);
}

function wordsOfCall(node: ts.CallExpression, meanings: Meanings): readonly string[] {
  const callee = node.expression;
  const [first] = node.arguments;
  if (callee.getText() === 'inSwarm') return ['', '--swarm lab'];
  if (callee.getText() === 'String' && first !== undefined) return wordsOf(first, meanings);
  const method = ts.isPropertyAccessExpression(callee) ? callee.name.text : '';
  if (method === 'split' && ts.isPropertyAccessExpression(callee)) return wordsOf(callee.expression, meanings);
  return plausible(method === 'map' ? 'names' : node.getText());
}

/** What the nearest constant of that name is made of; undefined: it is a parameter, or made by code. */
function valueOf(name: ts.Identifier): ts.Expression | undefined {
  for (let scope: ts.Node = name; !ts.isSourceFile(scope); scope = scope.parent) {
    if (!ts.isBlock(scope.parent) && !ts.isSourceFile(scope.parent)) continue;
    for (const statement of scope.parent.statements) {
      const declared = ts.isVariableStatement(statement) ? statement.declarationList.declarations : [];
      const found = declared.find((declaration) => declaration.name.getText() === name.text)?.initializer;
      if (found !== undefined) return isPlain(found) ? found : undefined;
    }
  }
  return undefined;
}

const isPlain = (node: ts.Expression): boolean =>
  ts.isStringLiteralLike(node) || ts.isConditionalExpression(node) || ts.isArrayLiteralExpression(node);

/** Most values are names. */
const plausible = (text: string): readonly string[] => [
  /\b(?:names|hosts|services)$/.test(text) ? 'agent1 agent2' : 'agent1',
];
