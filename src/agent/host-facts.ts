import * as fs from 'node:fs';
import { certificateEndMs, pemCertificates } from './certificate-end.js';
import { nodeCertificateEndMs } from './node-certificate.js';
import type { HostFacts } from './observation.js';
import type { OwnEngine } from './swarm-view.js';

const certificateEveryMs = 6 * 3_600_000;

/** The agent's facts about its own host; unreadable facts are left out. */
export class HostWatch {
  readonly #now: () => number;
  #readMs = Number.NEGATIVE_INFINITY;
  #nodeEndMs: number | undefined;

  constructor(now: () => number) {
    this.#now = now;
  }

  async read(engine: OwnEngine): Promise<HostFacts> {
    if (this.#now() - this.#readMs >= certificateEveryMs) {
      this.#readMs = this.#now();
      this.#nodeEndMs = await nodeCertificateEndMs();
    }
    const used = diskUsedPercent(engine.DockerRootDir ?? '/var/lib/docker');
    const ends = pemCertificates(engine.Swarm?.Cluster?.TLSInfo?.TrustRoot ?? '').map(certificateEndMs);
    return {
      ...(used !== undefined && { diskUsedPercent: used }),
      certificates: [
        ...ends.flatMap((expiresMs) =>
          expiresMs === undefined ? [] : [{ what: 'the certificate authority of the swarm', expiresMs }],
        ),
        ...(this.#nodeEndMs === undefined ? [] : [{ what: 'the node certificate', expiresMs: this.#nodeEndMs }]),
      ],
    };
  }
}

function diskUsedPercent(folder: string): number | undefined {
  try {
    // As df counts: what is reserved for root is not free.
    const { blocks, bfree, bavail } = fs.statfsSync(folder);
    const used = blocks - bfree;
    return used + bavail === 0 ? undefined : (100 * used) / (used + bavail);
  } catch {
    // Node.js before 18.15 has no statfs, and some hosts do not allow the call: then the disk is not watched.
    return undefined;
  }
}
