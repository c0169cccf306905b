import { dirname, join } from 'node:path';
import type { InspectResult } from '../../operations/hosts/host-queries.js';
import type { TemplateValue } from './template.js';

/**
 * A host under the names that docker-machine's config.json had (version 3), for templates written for it. Paths are
 * absolute, as they were there.
 */
export function machineFields({ record, folder }: InspectResult, home: string): TemplateValue {
  const { name, endpoint, engine, engineSettings } = record;
  const certs = join(home, engine?.certPath ?? 'certs');
  return {
    ConfigVersion: 3,
    Name: name,
    DriverName: record.driver,
    Driver: {
      IPAddress: endpoint?.host ?? '',
      MachineName: name,
      SSHUser: endpoint?.user ?? '',
      SSHPort: endpoint?.port ?? 0,
      SSHKeyPath: join(folder, 'id_ed25519'),
      StorePath: home,
      SwarmMaster: record.role === 'manager',
      EnginePort: engine === null ? 0 : Number(new URL(engine.url).port),
    },
    HostOptions: {
      EngineOptions: { ...record.options, TlsVerify: engineSettings.tls },
      SwarmOptions: {
        IsSwarm: record.swarm !== null,
        Master: record.role === 'manager',
        Address: record.advertiseAddr,
      },
      AuthOptions: {
        CertDir: certs,
        CaCertPath: join(certs, 'ca.pem'),
        CaPrivateKeyPath: join(certs, 'ca-key.pem'),
        ClientCertPath: join(certs, 'cert.pem'),
        ClientKeyPath: join(certs, 'key.pem'),
        ServerCertSANs: engineSettings.tlsSans,
        StorePath: dirname(join(folder, 'machine.json')),
      },
    },
  };
}
