import { expect, it } from 'vitest';
import { labGraph } from '../../../src/cli/render/lab-graph.js';
import { labStatusText } from '../../../src/cli/render/lab-status-text.js';
import type { LabHostRow, LabStatus } from '../../../src/operations/lab/lab-status.js';
import type { ServiceRow, TaskRow } from '../../../src/operations/services/service-results.js';
import { fakeIo } from '../../support/fake-io.js';

const host = (name: string, changes: Partial<LabHostRow> = {}): LabHostRow => ({
  name,
  fullName: `${name}.lab`,
  lab: null,
  active: false,
  driver: 'docker',
  state: 'running',
  url: null,
  swarm: 'lab',
  role: 'worker',
  docker: '24.0.7',
  certificateEnds: '2027-01-02T03:04:05.000Z',
  errors: [],
  labels: [],
  pool: 'workers',
  node: { state: 'ready', availability: 'active', leader: false, reachability: null, address: '10.0.0.2' },
  ...changes,
});
const task = (name: string, node: string | null, state = 'running'): TaskRow => ({
  id: name,
  name,
  image: 'web',
  node,
  desiredState: 'running',
  state,
  since: null,
  error: null,
});
const service = (name: string, running: number, wanted: number): ServiceRow => ({
  id: name,
  name,
  mode: 'replicated',
  running,
  wanted,
  image: 'web:1',
  ports: [],
  update: null,
});
const leader = { state: 'ready', availability: 'active', leader: true, reachability: 'reachable', address: '10.0.0.1' };
const status: LabStatus = {
  lab: 'lab',
  changes: [],
  hosts: [
    host('manager', { role: 'manager', pool: 'managers', node: leader }),
    host('agent1'),
    host('agent2', { state: 'stopped', node: null, docker: null, certificateEnds: null }),
  ],
  services: [service('web', 2, 4), service('a-service-of-a-long-name', 1, 1)],
  tasks: [
    task('web.1', 'manager'),
    task('web.2', 'agent1'),
    task('web.3', 'agent1', 'failed'),
    task('web.4', null, 'pending'),
    task('a-service-of-a-long-name.1', 'agent1', 'starting'),
  ],
  problems: ['agent2 is stopped'],
};

it('draws a box for each node with a dot for each task', () => {
  expect(labGraph(fakeIo(), status, 80)).toBe(`\
┌ manager · leader ──────────────┐  ┌ agent1 · worker ───────────────┐
│ ready  10.0.0.1                │  │ ready  10.0.0.2                │
│ web              ●             │  │ web              ●✗            │
│                                │  │ a-service-of-a-… ○             │
└────────────────────────────────┘  └────────────────────────────────┘
┌ agent2 · worker ───────────────┐
│ stopped                        │
└────────────────────────────────┘
on no node: web ○
✗ agent2 is stopped
`);
});

it('draws one box below the other in a narrow terminal', () => {
  const lines = labGraph(fakeIo(), status, 40).split('\n');
  expect(Math.max(...lines.map((line) => line.length))).toBeLessThanOrEqual(40);
  expect(lines.filter((line) => line.startsWith('┌'))).toHaveLength(3);
});

it('is a table otherwise', () => {
  expect(labStatusText(fakeIo(), status)).toBe(`\
HOST      POOL       DRIVER   STATE     NODE    ROLE     ADDRESS    DOCKER   CERTIFICATE
manager   managers   docker   running   ready   leader   10.0.0.1   24.0.7   2027-01-02
agent1    workers    docker   running   ready   worker   10.0.0.2   24.0.7   2027-01-02
agent2    workers    docker   stopped   -       worker   -          -        -

SERVICE                    MODE         TASKS   IMAGE   PORTS
web                        replicated   2/4     web:1   -
a-service-of-a-long-name   replicated   1/1     web:1   -

✗ agent2 is stopped
`);
});
