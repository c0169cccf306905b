import type { MachineRecord } from '../../machine/machine-record.js';
import { ownName } from '../../machine/names.js';

interface CertificateNames {
  /** The record's, which is the proof. */
  readonly id: string;
  /** NAME.SWARM, or NAME of a host without a swarm: for people who read the certificate. */
  readonly name: string;
  /** The name in certificates that older versions made, which name no record. */
  readonly formerName: string;
}

/** What the certificate of a host's engine calls the host. */
export function certificateNames({ id, name, swarm }: MachineRecord): CertificateNames {
  const own = ownName(name);
  return { id, name: swarm === null ? own : `${own}.${swarm}`, formerName: own };
}
