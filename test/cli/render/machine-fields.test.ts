import { expect, it } from 'vitest';
import { machineFields } from '../../../src/cli/render/machine-fields.js';
import { compileTemplate } from '../../../src/cli/render/template.js';
import { machineRecord } from '../../machine/machine-record.js';

const endpoint = { host: '192.0.2.7', port: 2222, user: 'docker', hostKey: 'ssh-ed25519 AAAA' };
const engine = { url: 'tcp://192.0.2.7:2376', certPath: 'certs' };
const record = machineRecord('m1', { driver: 'fake', endpoint, engine, role: 'manager', swarm: 'default' });

it.each([
  ['{{.Driver.IPAddress}}', '192.0.2.7'],
  ['{{.Driver.SSHUser}}:{{.Driver.SSHPort}}', 'docker:2222'],
  ['{{.Driver.SSHKeyPath}}', '/store/hosts/m1/id_ed25519'],
  ['{{.HostOptions.AuthOptions.CaCertPath}}', '/store/certs/ca.pem'],
  ['{{.HostOptions.SwarmOptions.Master}}', 'true'],
  ['{{.Name}} {{.DriverName}}', 'm1 fake'],
])("docker-machine's %s is still there", (template, text) => {
  const fields = machineFields({ record, folder: '/store/hosts/m1', status: { state: 'running' } }, '/store');
  expect(compileTemplate(template, fields)([fields])).toBe(`${text}\n`);
});
