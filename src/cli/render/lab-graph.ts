import { swarmup } from '../../lib/typed-command.js';
import { isReady } from '../../swarm/membership.js';
import type { LabHostRow, LabStatus } from '../../operations/lab/lab-status.js';
import type { TaskRow } from '../../operations/services/service-results.js';
import type { CommandIo } from '../command-io.js';
import { problemLines } from './lab-status-text.js';
import { painter, type Style } from './paint.js';

const boxWidth = 34;
const gap = 2;
const colours: readonly Style[] = ['cyan', 'green', 'yellow', 'bold'];

/** A line of a box: what is seen, and how it is painted. */
interface Line {
  readonly text: string;
  readonly paint?: Style | undefined;
}

/**
 * What runs where, as a picture: a box for each node, in it a line for each service with a dot for each task: ● runs,
 * ○ is on its way, ✗ failed. As many boxes stand side by side as fit into `width` columns.
 */
export function labGraph(io: CommandIo, status: LabStatus, width: number): string {
  const { lab, hosts, services, tasks, problems } = status;
  if (hosts.length === 0) return `Lab ${lab} has no hosts yet: ${swarmup`up`} makes them.\n`;
  const names = services.map(({ name }) => name);
  const styleOf = (service: string): Style => colours[names.indexOf(service) % colours.length] ?? 'cyan';
  const boxes = hosts.map((host) => ({
    title: title(host),
    isUp: host.state === 'running' && (host.node === null || isReady(host.node)),
    lines: [
      state(host),
      ...taskLines(
        tasks.filter(({ node }) => node === host.name),
        names,
        styleOf,
      ),
    ],
  }));
  const columns = Math.max(1, Math.floor((width + gap) / (boxWidth + gap)));
  const rows = Array.from({ length: Math.ceil(boxes.length / columns) }, (_, i) =>
    boxes.slice(i * columns, (i + 1) * columns),
  );
  const lost = taskLines(
    tasks.filter(({ node }) => node === null),
    names,
    styleOf,
  );
  const waiting =
    lost.length === 0 ? '' : `on no node: ${lost.map(({ text }) => text.replace(/ +/, ' ')).join(', ')}\n`;
  return `${rows.map((row) => boxRow(io, row)).join('')}${waiting}${problemLines(io, problems)}`;
}

interface Box {
  readonly title: string;
  readonly isUp: boolean;
  readonly lines: readonly Line[];
}

function boxRow(io: CommandIo, boxes: readonly Box[]): string {
  const paint = painter(io, 'stdout');
  const height = Math.max(...boxes.map(({ lines }) => lines.length));
  const inner = boxWidth - 4;
  const frame = ({ isUp }: Box, text: string): string => (isUp ? text : paint('red', text));
  const line = (box: Box, i: number): string => {
    const { text = '', paint: style } = box.lines[i] ?? {};
    const shown = fit(text, inner);
    return `${frame(box, '│')} ${style === undefined ? shown : paint(style, shown)} ${frame(box, '│')}`;
  };
  const top = (box: Box): string => {
    const text = ` ${cut(box.title, inner)} `;
    return frame(box, `┌${text}${'─'.repeat(boxWidth - 2 - text.length)}┐`);
  };
  const bottom = (box: Box): string => frame(box, `└${'─'.repeat(boxWidth - 2)}┘`);
  const rows = [top, ...Array.from({ length: height }, (_, i) => (box: Box) => line(box, i)), bottom];
  return rows.map((draw) => `${boxes.map(draw).join(' '.repeat(gap))}\n`).join('');
}

const title = ({ name, role, node }: LabHostRow): string =>
  `${name} · ${node?.leader === true ? 'leader' : (role ?? 'host')}`;

function state({ state: power, node }: LabHostRow): Line {
  if (power !== 'running') return { text: power, paint: 'red' };
  const availability = node === null || node.availability === 'active' ? '' : `, ${node.availability}`;
  const text = `${node?.state ?? 'in no swarm'}${availability}  ${node?.address ?? ''}`.trimEnd();
  return { text, paint: isReady(node ?? undefined) ? 'dim' : 'red' };
}

const dots: Readonly<Record<string, string>> = {
  running: '●',
  complete: '●',
  failed: '✗',
  rejected: '✗',
  orphaned: '✗',
};

function taskLines(
  tasks: readonly TaskRow[],
  services: readonly string[],
  styleOf: (service: string) => Style,
): readonly Line[] {
  return services.flatMap((service) => {
    const mine = tasks.filter(({ name }) => name === service || name.startsWith(`${service}.`));
    if (mine.length === 0) return [];
    const marks = mine.map((task) => dots[task.state] ?? '○').join('');
    return [{ text: `${cut(service, 16).padEnd(16)} ${marks}`, paint: styleOf(service) }];
  });
}

const cut = (text: string, length: number): string => (text.length <= length ? text : `${text.slice(0, length - 1)}…`);
const fit = (text: string, length: number): string => cut(text, length).padEnd(length);
