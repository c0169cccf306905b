import { usageError } from '../../lib/errors.js';
import { nearest } from '../../lib/nearest.js';
import { table } from './table.js';

type Segment =
  { readonly text: string } | { readonly path: readonly string[]; readonly as: 'text' | 'json' | 'prettyjson' };

/** What a template is filled with: plain JSON. */
export type TemplateValue = Readonly<Record<string, unknown>>;

/**
 * Compiles the subset of Go templates that docker-machine's users know: `{{.Name}}`, `{{ .Driver.Name }}`,
 * `{{json .}}`, `{{prettyjson .Driver}}`, `{{index .Driver "SSHUser"}}`, `\t` and `\n`; `table ` before it aligns the columns under a head.
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

/** `.A.B`, `json .A`, `prettyjson .A` and `index .A "key" 0`. */
function action(text: string): Segment {
  const [, as, path = ''] = /^(?:(json|prettyjson)\s+)?(\.[\w.]*)$/.exec(text) ?? [];
  const keys = path.split('.').filter((key) => key !== '');
  if (path !== '') return { path: keys, as: as === 'json' || as === 'prettyjson' ? as : 'text' };
  const [, of, indexes] = /^index\s+(\.[\w.]*)((?:\s+(?:"[^"]*"|\d+))+)$/.exec(text) ?? [];
  if (of === undefined || indexes === undefined) throw invalid(`{{${text}}} is not understood`);
  const more = [...indexes.matchAll(/"([^"]*)"|(\d+)/g)].map(([, key, at]) => key ?? at ?? '');
  return { path: [...of.split('.').filter((key) => key !== ''), ...more], as: 'text' };
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
  if (segment.as !== 'text') return JSON.stringify(value ?? null, null, segment.as === 'json' ? undefined : 4);
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
