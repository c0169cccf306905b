import type { HostRow } from '../../operations/access/results.js';
import { table } from './table.js';
import type { TemplateValue } from './template.js';

/** The table of `ls`. Errors are kept to one line each; `inspect` and `--json` have them whole. */
export function hostTable(hosts: readonly HostRow[]): string {
  const head = ['NAME', 'ACTIVE', 'DRIVER', 'STATE', 'URL', 'SWARM', 'DOCKER', 'ERRORS'];
  return table(
    head,
    hosts.map((host) => {
      const fields = hostFields(host);
      return [
        fields.Name,
        fields.Active,
        fields.Driver,
        fields.State,
        fields.URL,
        host.role === 'manager' ? `${fields.Swarm} (manager)` : fields.Swarm,
        fields.Docker,
        fields.Errors,
      ];
    }),
  );
}

/** A host as `--format` sees it; DriverName, DockerVersion and Error are the names that docker-machine had. */
export function hostFields(host: HostRow): TemplateValue & Record<Column, string> {
  const driver = host.driver || '-';
  const docker = host.docker ?? '-';
  const errors = host.errors.map((error) => error.replaceAll(/\s+/g, ' ')).join('; ');
  return {
    Name: host.name,
    Active: host.active ? '*' : '-',
    Driver: driver,
    State: host.state,
    URL: host.url ?? '-',
    Swarm: host.swarm ?? '-',
    Role: host.role ?? '-',
    Docker: docker,
    Errors: errors,
    DriverName: driver,
    DockerVersion: docker,
    Error: errors,
  };
}

type Column = 'Name' | 'Active' | 'Driver' | 'State' | 'URL' | 'Swarm' | 'Role' | 'Docker' | 'Errors';

/** Tells which fields there are, also when there is no host. */
export const sampleFields: TemplateValue = hostFields({
  name: '',
  active: false,
  driver: '',
  state: 'unknown',
  url: null,
  swarm: null,
  role: null,
  labels: [],
  docker: null,
  certificateEnds: null,
  errors: [],
});
