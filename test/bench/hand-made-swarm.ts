import { execa } from 'execa';
import { outerEngine } from '../e2e/outer-engine.js';

/**
 * The floor: the same image, the same number of containers, and the fewest commands by which somebody who knows
 * everything would make a swarm of them: no ssh, no TLS, no keys, no checks, no records.
 */
export async function handMadeSwarm(hosts: number): Promise<number> {
  const image = await newestNodeImage();
  const names = Array.from({ length: hosts }, (_, i) => `bench-floor-${i + 1}`);
  await outerEngine.request('POST', '/networks/create', { body: { Name: 'bench-floor' } });
  const began = performance.now();
  try {
    await Promise.all(names.map((name) => startHost(name, image)));
    const [manager = '', ...workers] = names;
    const initAndToken = 'docker swarm init >/dev/null && docker swarm join-token -q worker';
    const token = await inside(manager, initAndToken);
    await Promise.all(workers.map((name) => inside(name, `docker swarm join --token ${token} ${manager}:2377`)));
    await inside(
      manager,
      `until [ "$(docker node ls --format '{{.Status}}' | grep -c Ready)" = ${hosts} ]; do sleep 0.05; done`,
    );
    return performance.now() - began;
  } finally {
    await Promise.all(
      names.map((name) => outerEngine.request('DELETE', `/containers/${name}`, { query: { force: true, v: true } })),
    );
    await outerEngine.request('DELETE', '/networks/bench-floor');
  }
}

async function startHost(name: string, image: string): Promise<void> {
  await outerEngine.request('POST', '/containers/create', {
    query: { name },
    body: {
      Image: image,
      Hostname: name,
      StopSignal: 'SIGRTMIN+3',
      HostConfig: {
        CapAdd: ['ALL'],
        CapDrop: ['SYS_RESOURCE'],
        SecurityOpt: ['seccomp=unconfined', 'apparmor=unconfined'],
        MaskedPaths: [],
        ReadonlyPaths: [],
        DeviceCgroupRules: ['a *:* rwm'],
        CgroupnsMode: 'private',
        NetworkMode: 'bench-floor',
        Tmpfs: { '/run': 'exec,mode=755', '/run/lock': '', '/tmp': 'exec,mode=1777' },
        Mounts: ['/var/lib/docker', '/var/lib/containerd'].map((Target) => ({ Type: 'volume', Target })),
      },
    },
  });
  await outerEngine.request('POST', `/containers/${name}/start`);
  await inside(name, 'until systemctl start docker 2>/dev/null && docker info >/dev/null 2>&1; do sleep 0.05; done');
}

async function inside(name: string, command: string): Promise<string> {
  const { stdout } = await execa('docker', ['-H', 'unix:///var/run/docker.sock', 'exec', name, 'sh', '-c', command]);
  return stdout.trim();
}

async function newestNodeImage(): Promise<string> {
  const images = await outerEngine.request<{ RepoTags: string[] | null; Created: number }[]>('GET', '/images/json');
  const [newest] = images
    .flatMap(({ RepoTags, Created }) => (RepoTags ?? []).map((tag) => ({ tag, Created })))
    .filter(({ tag }) => tag.startsWith('swarmup/node:engine-'))
    .sort((a, b) => b.Created - a.Created);
  if (newest === undefined) throw new Error('there is no node image yet: make a host first');
  return newest.tag;
}
