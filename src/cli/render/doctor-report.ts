import type { Finding } from '../../doctor/finding.js';
import type { DoctorResult } from '../../operations/health/doctor.js';
import type { CommandIo } from '../command-io.js';
import { painter, type Style } from './paint.js';

const marks: Readonly<Record<Finding['severity'], { readonly mark: string; readonly style: Style }>> = {
  error: { mark: '✘', style: 'red' },
  warning: { mark: '!', style: 'yellow' },
  info: { mark: '·', style: 'dim' },
};

/** The report of `doctor`: each finding with its hosts, why it matters and what to do, then one line of sums. */
export function doctorReport(
  io: CommandIo,
  { findings, fixes, hosts, pairsTried, overlayTried }: DoctorResult,
): string {
  const lines = findingLines(io, findings);
  const done = fixes.map(
    ({ host, fix, status, error }) => `${host}  ${fix}: ${status}${error === undefined ? '' : ` (${error.message})`}`,
  );
  const looked = [
    plural(hosts.length, 'host'),
    `${plural(pairsTried, 'way')} between them`,
    overlayTried ? 'payload through an overlay network' : 'no overlay network',
  ].join(', ');
  const sums = `${findingSums(findings)} (${looked})`;
  const gap = lines.length > 0 ? [''] : [];
  return `${[...lines, ...gap, ...done, ...(done.length > 0 ? [''] : []), sums].join('\n')}\n`;
}

/** Each finding with its hosts, why it matters and what to do. */
export function findingLines(io: CommandIo, findings: readonly Finding[]): readonly string[] {
  const paint = painter(io, 'stdout');
  return findings.flatMap(({ severity, check, hosts, message, cause, fix }) => [
    `${paint(marks[severity].style, marks[severity].mark)} ${paint('bold', hosts.join(', ') || 'swarm')}: ${message}  ${paint('dim', `[${check}]`)}`,
    `    why: ${cause}`,
    `    fix: ${fix}`,
  ]);
}

/** `1 error, 2 warnings` */
export function findingSums(findings: readonly Finding[]): string {
  const count = (severity: Finding['severity']): number =>
    findings.filter((finding) => finding.severity === severity).length;
  return `${plural(count('error'), 'error')}, ${plural(count('warning'), 'warning')}`;
}

const plural = (count: number, what: string): string => `${count} ${what}${count === 1 ? '' : 's'}`;
