import ts from 'typescript';
import { describe, expect, it } from 'vitest';
import { sourceFiles, sourceText } from '../support/source-imports.js';
import { patternsToAvoid } from './patterns-to-avoid.js';

/** A text of src/ that people read, with its line. */
interface ReadText {
  readonly line: number;
  readonly text: string;
}

/** What docs/style.md allows in the code, which it rejects on pages. */
const allowedInMessages = ['goes on', 'tells', 'what else'];

describe('plain English', { timeout: 120_000 }, () => {
  it('in messages, hints, descriptions and titles: none of the patterns to avoid', () => {
    expect(sourceFiles.flatMap((file) => faultsOf(file, messagesOf(file), allowedInMessages))).toEqual([]);
  });

  it('in docstrings and comments: none of the patterns to avoid', () => {
    expect(sourceFiles.flatMap((file) => faultsOf(file, commentsOf(file), []))).toEqual([]);
  });

  it.each([
    ["throw new Error('it is no object');", 'x.ts:1: is no: it is no object'],
    ['throw new Error(`${name} takes it back`);', 'x.ts:1: take that back: … takes it back'],
    ['/**\n * A docstring that nobody\n * reads.\n */', 'x.ts:1: nobody: A docstring that nobody reads.'],
    ['f();\n// For whoever\n// comes next.', 'x.ts:2: whoever: For whoever comes next.'],
  ])('finds %j', (code, fault) => {
    const texts = [...messagesIn('x.ts', code), ...commentsIn(code)];
    expect(faultsOf('x.ts', texts, [])).toEqual([fault]);
  });

  it.each([
    ['const type = "nobody";', 'a word alone, which is a value'],
    ['const script = sh`echo by which ${name}`;', 'the text of a script'],
    ['// The list says `by which` literally.', 'code in a comment'],
  ])('leaves out %j: %s', (code) => {
    expect(faultsOf('x.ts', [...messagesIn('x.ts', code), ...commentsIn(code)], [])).toEqual([]);
  });
});

const messagesOf = (file: string): readonly ReadText[] => messagesIn(file, sourceText(file));
const commentsOf = (file: string): readonly ReadText[] => commentsIn(sourceText(file));

/** Every string of more than one word, with … for each value that is filled in; tagged templates are not prose. */
function messagesIn(file: string, code: string): readonly ReadText[] {
  const source = ts.createSourceFile(file, code, ts.ScriptTarget.ES2023, true);
  const found: ReadText[] = [];
  const visit = (node: ts.Node): void => {
    const text = textOf(node);
    if (text !== undefined && /\S \S/.test(text) && !text.includes('\n'))
      found.push({ line: source.getLineAndCharacterOfPosition(node.getStart(source)).line + 1, text });
    if (ts.isTaggedTemplateExpression(node)) ts.forEachChild(node.template, visit);
    else ts.forEachChild(node, visit);
  };
  visit(source);
  return found;
}

function textOf(node: ts.Node): string | undefined {
  if (ts.isStringLiteralLike(node)) return node.text;
  if (!ts.isTemplateExpression(node)) return undefined;
  return [node.head.text, ...node.templateSpans.map((span) => span.literal.text)].join('…');
}

/** Every docstring, and every run of comments on lines of their own, on one line and without code. */
const commentsIn = (code: string): readonly ReadText[] =>
  [...code.matchAll(/^[ \t]*(?:\/\*\*[\s\S]*?\*\/|\/\/.*(?:\n[ \t]*\/\/.*)*)/gm)].map(({ 0: comment, index }) => ({
    line: code.slice(0, index).split('\n').length,
    text: comment
      .replaceAll(/^[ \t]*(?:\/\*\*|\*\/|\*|\/\/)[ \t]?|[ \t]*\*\/$/gm, '')
      .replaceAll(/\s+/g, ' ')
      .replaceAll(/`[^`]*`/g, '…')
      .trim(),
  }));

const faultsOf = (file: string, texts: readonly ReadText[], allowed: readonly string[]): readonly string[] =>
  texts.flatMap(({ line, text }) =>
    Object.entries(patternsToAvoid)
      .filter(([phrase, pattern]) => !allowed.includes(phrase) && pattern.test(text))
      .map(([phrase]) => `${file}:${String(line)}: ${phrase}: ${text}`),
  );
