import { isLoss, type LabChange, type LabPlan } from '../../lab/lab-plan.js';
import type { LocalAction } from '../../lab/local-actions.js';
import { printableLine } from '../../lib/printable.js';
import type { CommandIo } from '../command-io.js';
import { costText } from './cost-text.js';
import { painter, type Style } from './paint.js';
import { seconds } from './seconds.js';

const marks: Readonly<Record<LabChange['action'], readonly [mark: string, style: Style]>> = {
  create: ['+', 'green'],
  resume: ['>', 'green'],
  update: ['~', 'yellow'],
  run: ['*', 'dim'],
  replace: ['±', 'red'],
  remove: ['-', 'red'],
};

/** The changes of a plan as a diff, with its footer. */
export function labPlanText(io: CommandIo, plan: LabPlan, stream: 'stdout' | 'stderr' = 'stdout'): string {
  const paint = painter(io, stream);
  const { changes, pending, footer, cost } = plan;
  const notes = pending.map((note) => `${paint('dim', note)}\n`).join('');
  const price = cost === undefined ? '' : `${costText(cost)}\n`;
  return `${changesText(io, changes, stream)}${changes.length === 0 ? '' : '\n'}${localText(plan.local)}${price}${notes}${footer}${timeText(plan)}\n`;
}

/** What the manifest makes this computer do. */
export function localText(actions: readonly LocalAction[]): string {
  if (actions.length === 0) return '';
  const line = ({ type, at, what }: LocalAction): string =>
    `  ${type === 'command' ? 'runs' : 'reads'}  ${printableLine(what)}  (${printableLine(at)})\n`;
  return `On this computer:\n${actions.map(line).join('')}\n`;
}

function timeText({ time }: LabPlan): string {
  if (time === undefined) return '';
  const last = time.hosts === 1 ? 'the last host' : `the last ${time.hosts} hosts`;
  return `; about ${seconds(time.elapsedMs)}, the time that ${last} by ${time.driver} took`;
}

/** Only what is lost, for the question before it. */
export const lossText = (io: CommandIo, { changes }: LabPlan): string =>
  changesText(io, changes.filter(isLoss), 'stderr');

function changesText(io: CommandIo, changes: readonly LabChange[], stream: 'stdout' | 'stderr'): string {
  const paint = painter(io, stream);
  const label = ({ what, name }: LabChange): string => (what === 'host' ? name : `${what} ${name}`);
  const width = Math.max(0, ...changes.map((change) => label(change).length));
  const indent = ' '.repeat(width + 14);
  return changes
    .map((change) => {
      const [mark, style] = marks[change.action];
      const [first = '', ...others] = change.details;
      const start = `  ${paint(style, mark)} ${label(change).padEnd(width)}  ${change.action.padEnd(7)}`;
      return [`${start} ${first}`.trimEnd(), ...others.map((line) => `${indent}${line}`)].join('\n');
    })
    .map((line) => `${line}\n`)
    .join('');
}
