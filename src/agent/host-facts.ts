import { X509Certificate } from 'node:crypto';
import * as fs from 'node:fs';
import type { HostFacts } from './observation.js';
import type { OwnEngine } from './swarm-view.js';

/** Reads what the agent knows of its own host; what cannot be read is left out. */
export function readHostFacts(engine: OwnEngine): HostFacts {
  const used = diskUsedPercent(engine.DockerRootDir ?? '/var/lib/docker');
  return {
    ...(used !== undefined && { diskUsedPercent: used }),
    certificates: certificates(engine.Swarm?.Cluster?.TLSInfo?.TrustRoot ?? ''),
  };
}

function diskUsedPercent(folder: string): number | undefined {
  try {
    // As df counts: what is reserved for root is not free.
    const { blocks, bfree, bavail } = fs.statfsSync(folder);
    const used = blocks - bfree;
    return used + bavail === 0 ? undefined : (100 * used) / (used + bavail);
  } catch {
    // Node.js before 18.15 has no statfs, and some hosts let nobody look: then the disk is not watched.
    return undefined;
  }
}

/** The swarm's own authority; node certificates are renewed by the engine and cannot be read through its API. */
function certificates(trustRoot: string): HostFacts['certificates'] {
  const pems = trustRoot.match(/-----BEGIN CERTIFICATE-----[^-]+-----END CERTIFICATE-----/g) ?? [];
  return pems.flatMap((pem) => {
    try {
      return { what: "the swarm's certificate authority", expiresMs: Date.parse(new X509Certificate(pem).validTo) };
    } catch {
      return [];
    }
  });
}
