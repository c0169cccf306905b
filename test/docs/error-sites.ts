import ts from 'typescript';
import { exitCodes } from '../../src/lib/exit-codes.js';
import { sourceFiles } from '../support/source-imports.js';
import { sourceTree } from '../support/source-tree.js';

/** A place in src/ that raises an error code, as far as its text tells. */
export interface ErrorSite {
  readonly code: string;
  /** Below src/. */
  readonly file: string;
  /** undefined: the text does not tell. */
  readonly exitCode: number | undefined;
  /** The message with the names of what is filled in; undefined: it is made elsewhere. */
  readonly message: string | undefined;
}

/** Functions that make errors, or findings of driver checks: where their code stands, and with which exit code they end. */
const makers: Readonly<Record<string, { readonly at: number; readonly exitCode?: number }>> = {
  SwarmupError: { at: 0 },
  FileFaultError: { at: 0 },
  usageError: { at: 0, exitCode: exitCodes.usage },
  textFault: { at: 0, exitCode: exitCodes.usage },
  sudoError: { at: 0, exitCode: exitCodes.preflight },
  error: { at: 0, exitCode: exitCodes.preflight },
  warning: { at: 0, exitCode: exitCodes.ok },
  problem: { at: 1 },
};

const codePattern = /^[A-Z][A-Z0-9]*(?:_[A-Z0-9]+)*$/;

/** Every place of src/ that raises a code; `ENGINE_*`, `SYSTEM_*` and `*_UNKNOWN` are those that are put together. */
export const errorSites = (): readonly ErrorSite[] => (found ??= sourceFiles.flatMap(sitesIn));
let found: readonly ErrorSite[] | undefined;

function sitesIn(file: string): readonly ErrorSite[] {
  const sites: ErrorSite[] = [];
  const visit = (node: ts.Node): void => {
    sites.push(...(ts.isPropertyAssignment(node) ? ofProperty(node) : ofCall(node)).map((site) => ({ ...site, file })));
    ts.forEachChild(node, visit);
  };
  visit(sourceTree(file));
  return sites;
}

type Site = Omit<ErrorSite, 'file'>;

function ofCall(node: ts.Node): readonly Site[] {
  if (!ts.isNewExpression(node) && !ts.isCallExpression(node)) return [];
  const maker = ts.isIdentifier(node.expression) ? makers[node.expression.text] : undefined;
  const code = node.arguments?.[maker?.at ?? 0];
  if (maker === undefined || code === undefined) return [];
  const messages = messagesIn(node.arguments?.[maker.at + 1]);
  const exitCode = maker.exitCode ?? (maker.at === 0 ? exitOf(node.arguments?.[2]) : severityOf(node.arguments?.[0]));
  return codesIn(code).flatMap((found) => messages.map((message) => ({ code: found, exitCode, message })));
}

/** `code: 'X'` of a table of failures, with the exit code and the message beside it. */
function ofProperty(node: ts.PropertyAssignment): readonly Site[] {
  if (node.name.getText() !== 'code') return [];
  const severity = siblingOf(node, 'severity');
  const exitCode = severity === undefined ? exitOf(node.parent) : severityOf(severity);
  const messages = messagesIn(siblingOf(node, 'message') ?? siblingOf(node, 'reason'));
  return codesIn(node.initializer).flatMap((code) => messages.map((message) => ({ code, exitCode, message })));
}

/** Errors that a driver finds before the work end the command; warnings do not. */
const severityOf = (severity: ts.Node | undefined): number | undefined =>
  severity === undefined || !ts.isStringLiteral(severity)
    ? undefined
    : severity.text === 'error'
      ? exitCodes.preflight
      : exitCodes.ok;

const siblingOf = (node: ts.PropertyAssignment, name: string): ts.Expression | undefined =>
  node.parent.properties.flatMap((other) =>
    ts.isPropertyAssignment(other) && other.name.getText() === name ? [other.initializer] : [],
  )[0];

/** The codes that an expression can be: its literals, and those of the variables of this file that it names. */
function codesIn(node: ts.Node): readonly string[] {
  if (ts.isStringLiteralLike(node)) return codePattern.test(node.text) ? [node.text] : [];
  if (ts.isTemplateExpression(node)) return [`${node.head.text}*${node.templateSpans.at(-1)?.literal.text ?? ''}`];
  if (ts.isConditionalExpression(node)) return [...codesIn(node.whenTrue), ...codesIn(node.whenFalse)];
  if (ts.isArrayLiteralExpression(node)) return node.elements.flatMap(codesIn);
  if (ts.isBinaryExpression(node)) return codesIn(node.right);
  return ts.isIdentifier(node) ? valuesOf(node).flatMap(codesIn) : [];
}

/** What the variables of that name in the same file begin with. */
function valuesOf(name: ts.Identifier): readonly ts.Expression[] {
  const found: ts.Expression[] = [];
  const visit = (node: ts.Node): void => {
    const isIt =
      ts.isVariableDeclaration(node) &&
      (node.name.getText() === name.text ||
        (ts.isArrayBindingPattern(node.name) && node.name.elements.some((part) => part.getText() === name.text)));
    if (isIt && node.initializer !== undefined) found.push(node.initializer);
    ts.forEachChild(node, visit);
  };
  visit(name.getSourceFile());
  return found;
}

/** Of the options of an error; without an exit code it is 1, unless something unknown is spread over them. */
function exitOf(options: ts.Node | undefined): number | undefined {
  if (options === undefined) return exitCodes.failure;
  if (!ts.isObjectLiteralExpression(options)) return undefined;
  for (const property of options.properties) {
    if (ts.isSpreadAssignment(property) && /exitCode|error/.test(property.getText())) return undefined;
    if (ts.isShorthandPropertyAssignment(property) && property.name.text === 'exitCode') return undefined;
    // Of files: the error has options of its own.
    if (property.name?.getText() === 'error') return undefined;
    if (!ts.isPropertyAssignment(property) || property.name.getText() !== 'exitCode') continue;
    const text = property.initializer.getText().replace(/^exitCodes\./, '');
    // As in `const { preflight } = exitCodes`, or a constant of that name.
    if (text in exitCodes) return exitCodes[text as keyof typeof exitCodes];
    return /^\d+$/.test(text) ? Number(text) : undefined;
  }
  return exitCodes.failure;
}

/** What a message can be; undefined: it is made elsewhere. */
const messagesIn = (node: ts.Node | undefined): readonly (string | undefined)[] =>
  node === undefined ? [undefined] : textsOf(node).map((text) => (text === elsewhere ? undefined : text));

const elsewhere = '<…>';

/** What a text can be, with a word in angle brackets for each value in it. */
function textsOf(node: ts.Node): readonly string[] {
  if (ts.isStringLiteralLike(node)) return [node.text];
  if (ts.isArrowFunction(node)) return textsOf(node.body);
  if (ts.isConditionalExpression(node)) return [...textsOf(node.whenTrue), ...textsOf(node.whenFalse)];
  if (ts.isBinaryExpression(node) && node.operatorToken.kind === ts.SyntaxKind.PlusToken)
    return textsOf(node.left).flatMap((left) => textsOf(node.right).map((right) => left + right));
  if (ts.isIdentifier(node)) {
    const values = valuesOf(node);
    return values.length === 0 ? [elsewhere] : values.flatMap(textsOf);
  }
  if (!ts.isTemplateExpression(node)) return [elsewhere];
  const text = node.templateSpans.reduce(
    (before, { expression, literal }) => `${before}<${wordFor(expression)}>${literal.text}`,
    node.head.text,
  );
  return [text];
}

function wordFor(node: ts.Expression): string {
  if (ts.isIdentifier(node)) return node.text;
  if (ts.isPropertyAccessExpression(node)) return node.name.text;
  if (ts.isCallExpression(node)) {
    const callee = node.expression.getText();
    if (/^(?:messageOf|systemReason|reasonOf|said)$/.test(callee)) return 'reason';
    const [first] = node.arguments;
    return first === undefined || !ts.isExpression(first) ? '…' : wordFor(first);
  }
  return '…';
}
