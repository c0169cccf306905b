import { createHash } from 'node:crypto';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { ensureNodeImage } from '../../src/drivers/docker/node-image.js';
import { isStatus } from '../../src/drivers/docker/host-container.js';
import { tarArchive } from '../../src/lib/tar-archive.js';
import { driverContexts } from './driver-context.js';
import { engine } from './vboxmanage/vm/docker.js';

/** cloud-init as in Debian's cloud images, which here finds its seed in a folder and leaves networks to the engine. */
const dockerfile = `ARG BASE
FROM \${BASE}
RUN sh /usr/local/lib/swarmup/packages.sh cloud-init netbase \\
 && printf 'datasource_list: [NoCloud]\\nnetwork: {config: disabled}\\n' > /etc/cloud/cloud.cfg.d/99_container.cfg \\
 && sed -i '/^ - locale$/d' /etc/cloud/cloud.cfg \\
 && printf 'policy: enabled\\n' > /etc/cloud/ds-identify.cfg \\
 && rm -rf /var/lib/cloud /etc/ssh/ssh_host_* /etc/systemd/system/systemd-logind.service \\
 && mkdir -p /var/lib/cloud && : > /etc/machine-id
`;

/**
 * The image of hosts that cloud-init sets up: for guests of the container backend (VBOX_DOUBLE_IMAGE) and for EC2
 * instances. Built when the engine does not have it, on top of the docker driver's node image, with Docker inside, which
 * does not start by itself. Takes a minute or two the first time.
 */
export async function ensureGuestImage(): Promise<string> {
  const cacheDir = await mkdtemp(join(tmpdir(), 'guest-image-'));
  try {
    const base = await ensureNodeImage(engine, driverContexts({}, cacheDir)(), 'engine');
    const hash = createHash('sha256').update(base).update(dockerfile).digest('hex').slice(0, 12);
    const tag = `swarmup/cloud-host:${hash}`;
    if (await exists(tag)) return tag;
    const output: string[] = [];
    await engine.request('POST', '/build', {
      timeoutMs: 15 * 60_000,
      query: { t: tag, networkmode: 'host', rm: true, forcerm: true, buildargs: JSON.stringify({ BASE: base }) },
      headers: { 'content-type': 'application/x-tar' },
      rawBody: await tarArchive([{ name: 'Dockerfile', mode: 0o644, data: dockerfile }]),
      onJson: ({ stream }) => {
        if (typeof stream === 'string') output.push(stream);
      },
    });
    if (await exists(tag)) return tag;
    throw new Error(`the image for guests could not be built:\n${output.slice(-20).join('')}`);
  } finally {
    await rm(cacheDir, { recursive: true, force: true });
  }
}

async function exists(tag: string): Promise<boolean> {
  try {
    await engine.request('GET', `/images/${tag}/json`);
    return true;
  } catch (error) {
    if (isStatus(error, 404)) return false;
    throw error;
  }
}
