import ts from 'typescript';
import { sourceText } from './source-imports.js';

const trees = new Map<string, ts.SourceFile>();

/** A file of src/ as TypeScript reads it, with the parents of its nodes. */
export function sourceTree(file: string): ts.SourceFile {
  const known = trees.get(file);
  if (known !== undefined) return known;
  const tree = ts.createSourceFile(file, sourceText(file), ts.ScriptTarget.ES2023, true);
  trees.set(file, tree);
  return tree;
}
