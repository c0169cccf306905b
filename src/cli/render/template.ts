import { usageError } from '../../lib/errors.js';
import { nearest } from '../../lib/nearest.js';
import { table } from './table.js';

type Segment = { readonly text: string } | { readonly path: readonly string[]; readonly json: boolean };

/** What a template is filled with: plain JSON. */
export type TemplateValue = Readonly<Record<string, unknown>>;

/**
 * Compiles the subset of Go templates that docker-machine's users know: `{{.Name}}`, `{{ .Driver.Name }}`,
 * `{{json .}}`, `{{json .Errors}}`, `\t` and `\n`; `table ` before it aligns the columns under a head.
 * The result renders all rows, each on a line of its own.
 * Errors: FORMAT_INVALID (exit 2), also for a field that `sample` does not have.
 */
export function compileTemplate(source: string, sample: TemplateValue): (rows: readonly TemplateValue[]) => string {
  const asTable = /^table\s+/.exec(source);
  const segments = parse(unescape(source.slice(asTable?.[0].length ?? 0)));
  for (const segment of segments) if ('path' in segment) check(segment.path, sample);
  const line = (row: TemplateValue): string => segments.map((segment) => fill(segment, row)).join('');
  if (asTable === null) return (rows) => rows.map((row) => `${line(row)}\n`).join('');
  const head = segments.map((segment) =>
    'text' in segment ? segment.text : (segment.path.at(-1) ?? '').toUpperCase(),
  );
  return (rows) =>
    table(
      head.join('').split('\t'),
      rows.map((row) => line(row).split('\t')),
    );
}

function unescape(source: string): string {
  return source.replaceAll(/\\([tn])/g, (_, letter: string) => (letter === 't' ? '\t' : '\n'));
}

function parse(source: string): readonly Segment[] {
  const segments: Segment[] = [];
  let end = 0;
  for (const match of source.matchAll(/\{\{(.*?)\}\}/gs)) {
    segments.push({ text: source.slice(end, match.index) }, action((match[1] ?? '').trim()));
    end = match.index + match[0].length;
  }
  const rest = source.slice(end);
  if (rest.includes('{{')) throw invalid('a {{ without }}');
  return [...segments, { text: rest }].filter((segment) => !('text' in segment) || segment.text !== '');
}

function action(text: string): Segment {
  const match = /^(json\s+)?(\.[\w.]*)$/.exec(text);
  if (match === null) throw invalid(`{{${text}}} is not understood`);
  return { path: (match[2] ?? '').split('.').filter((key) => key !== ''), json: match[1] !== undefined };
}

function check(path: readonly string[], sample: TemplateValue): void {
  const [key] = path;
  if (key === undefined || Object.hasOwn(sample, key)) return;
  const known = Object.keys(sample);
  const proposals = nearest(key, known);
  throw invalid(
    `there is no field .${key}`,
    `the fields are ${(proposals.length > 0 ? proposals : known).map((k) => `.${k}`).join(' ')}`,
  );
}

function fill(segment: Segment, row: TemplateValue): string {
  if ('text' in segment) return segment.text;
  const value = segment.path.reduce<unknown>(
    (at, key) => (isObject(at) && Object.hasOwn(at, key) ? at[key] : undefined),
    row,
  );
  if (segment.json) return JSON.stringify(value ?? null);
  if (value === undefined || value === null) return '';
  return typeof value === 'string' ? value : JSON.stringify(value);
}

const isObject = (value: unknown): value is TemplateValue => typeof value === 'object' && value !== null;

function invalid(why: string, ...hints: string[]): Error {
  return usageError(
    'FORMAT_INVALID',
    `--format: ${why}`,
    ...hints,
    String.raw`for example --format '{{.Name}}\t{{.State}}', or '{{json .}}'`,
  );
}
