import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { waitFor } from '../../src/lib/abort.js';
import type { ReplicasListResult } from '../../src/operations/agent/replicas-results.js';
import { type AgentSwarm, openAgentSwarm, quietFor } from './agent-swarm.js';
import { onHost, workloadImage } from './workload.js';

/** What users do to declared services, on a real swarm of three managers. */
describe('declared replicas', () => {
  let swarm: AgentSwarm;
  beforeAll(async () => {
    swarm = await openAgentSwarm('agent-replicas', 0);
  });
  afterAll(async () => {
    await swarm.cli.dispose();
  });

  /** Scales on the host and tells how long the declared count took to come back, in milliseconds. */
  const timeToCorrect = async (service: string, to: number, want: number): Promise<number> => {
    const count = `docker service inspect ${service} --format '{{.Spec.Mode.Replicated.Replicas}}'`;
    const text = await swarm.run(
      `docker service scale -d ${service}=${to} >/dev/null; t=$(date +%s%3N); ` +
        `for i in $(seq 400); do [ "$(${count})" = ${want} ] && break; sleep 0.05; done; ` +
        `echo $(($(date +%s%3N) - t))`,
    );
    return Number(text);
  };

  it('come back when a service is scaled by hand, up or down', async () => {
    await swarm.sleepers(['web'], 1);
    await swarm.cli.json(['replicas', 'set', 'web=3']);
    await swarm.expectCounts({ web: 3 });
    expect(await timeToCorrect('web', 9, 3)).toBeLessThan(20_000);
    expect(await timeToCorrect('web', 0, 3)).toBeLessThan(20_000);
    const corrected = (await swarm.events()).filter(({ kind }) => kind === 'drift-corrected');
    expect(corrected.map(({ data }) => `${String(data?.['from'])} to ${String(data?.['to'])}`)).toEqual([
      '1 to 3',
      '9 to 3',
      '0 to 3',
    ]);
  });

  it('may be anything between bounds, and come back to the nearer one', async () => {
    await swarm.sleepers(['ranged'], 1);
    await swarm.cli.json(['replicas', 'set', 'ranged=3', '--min', '2', '--max', '5', '--max-per-node', '2']);
    await swarm.expectCounts({ ranged: 2 });
    expect(
      await swarm.run("docker service inspect ranged --format '{{.Spec.TaskTemplate.Placement.MaxReplicas}}'"),
    ).toBe('2');
    await swarm.run('docker service scale -d ranged=4');
    await quietFor(2_000);
    await swarm.expectCounts({ ranged: 4 });
    await swarm.run('docker service scale -d ranged=9');
    await swarm.expectCounts({ ranged: 5 });
    await swarm.cli.json(['replicas', 'unset', 'ranged']);
    await swarm.run('docker service rm ranged');
  });

  it('come back when a service is removed, with the spec it had last', async () => {
    await swarm.run('docker service update -d --env-add COLOUR=blue web');
    await waitFor({ timeoutMs: 60_000, what: 'the update of web' }, async () => {
      const state = await swarm.run("docker service inspect web --format '{{.UpdateStatus.State}}'");
      return state === 'completed' ? true : undefined;
    });
    await swarm.run('docker service rm web');
    await waitFor({ timeoutMs: 20_000, what: 'web to be made again' }, async () => {
      const env = await swarm.run("docker service inspect web --format '{{.Spec.TaskTemplate.ContainerSpec.Env}}'");
      return env === '[COLOUR=blue]' ? true : undefined;
    });
    await swarm.expectCounts({ web: 3 });
  });

  it('wait while an update is paused, and do not keep it from being rolled back', async () => {
    const inspect =
      "docker service inspect web --format '{{with .UpdateStatus}}{{.State}}{{end}} {{.Spec.Mode.Replicated.Replicas}}'";
    await swarm.run('docker service update -d --no-resolve-image --image workload:missing --replicas 5 web');
    await waitFor({ timeoutMs: 60_000, what: 'the update to fail' }, async () =>
      (await swarm.run(inspect)) === 'paused 5' ? true : undefined,
    );
    await quietFor(3_000);
    expect(await swarm.run(inspect)).toBe('paused 5');
    const held = (await swarm.events()).filter(({ kind }) => kind === 'service-held').map(({ message }) => message);
    expect(held).toContain('web has 5 replicas, not 3, but has a paused update: not changed until that has ended');
    await swarm.run('docker service rollback -d web');
    await waitFor({ timeoutMs: 60_000, what: 'the rollback' }, async () =>
      (await swarm.run(inspect)) === 'rollback_completed 3' ? true : undefined,
    );
    expect(await swarm.run("docker service inspect web --format '{{.Spec.TaskTemplate.ContainerSpec.Image}}'")).toBe(
      workloadImage,
    );
  });

  it('that cannot be enforced are reported, and the others are enforced', async () => {
    await swarm.sleepers(['bad'], 1, '--label swarmup.replicas=many --label swarmup.replicas.mim=2');
    await swarm.sleepers(['crossed'], 1, '--label swarmup.replicas=2 --label swarmup.replicas.min=5');
    await swarm.sleepers(['good'], 1, '--label swarmup.replicas=2 --label swarmup.replicas.max-per-node=1');
    await swarm.run(
      `docker service create -d --no-resolve-image --mode global --name all --endpoint-mode dnsrr --label swarmup.replicas=2 ` +
        `${workloadImage} busybox sleep 1000000`,
    );
    // Two that can be enforced, and whose tasks cannot run.
    await swarm.sleepers(['nowhere'], 0, '--label swarmup.replicas=1 --constraint node.labels.none==1');
    await swarm.run(
      'docker service create -d --no-resolve-image --name imageless --endpoint-mode dnsrr --label swarmup.replicas=1 ' +
        '--restart-delay 1s workload:missing',
    );
    await swarm.expectCounts({ good: 2, bad: 1, crossed: 1, web: 3, nowhere: 1 });
    await swarm.run(
      'echo \'{"schemaVersion":1,\' | docker config create -l swarmup.desired-state=1 swarmup.replicas.99 -',
    );
    const problems = await waitFor({ timeoutMs: 20_000, what: 'the reports' }, async () => {
      const found = (await swarm.events())
        .filter(({ kind }) => kind === 'bad-declaration')
        .map(({ message }) => message);
      return found.length >= 5 ? found : undefined;
    });
    expect(problems.join('\n')).toMatch(/service bad: label swarmup.replicas is "many"/);
    expect(problems.join('\n')).toMatch(/service bad: has an unknown label swarmup.replicas.mim/);
    expect(problems.join('\n')).toMatch(/service crossed: replicas 2 is below min 5/);
    expect(problems.join('\n')).toMatch(/all is in global mode/);
    expect(problems.join('\n')).toMatch(/config swarmup.replicas.99/);
    const listed = await swarm.cli.json<ReplicasListResult>(['replicas', 'ls']);
    expect(listed.services.map(({ name, state }) => [name, state])).toEqual(
      expect.arrayContaining([
        ['all', 'invalid'],
        ['bad', 'invalid'],
        ['crossed', 'invalid'],
      ]),
    );
    expect(await timeToCorrect('web', 5, 3)).toBeLessThan(20_000);
    const stuck = await waitFor({ timeoutMs: 60_000, what: 'the reasons of tasks that do not run' }, async () => {
      const found = (await swarm.events()).filter(({ kind }) => kind === 'tasks-stuck');
      const of = (name: string) => found.find(({ service }) => service === name)?.message;
      return of('nowhere') === undefined || of('imageless') === undefined
        ? undefined
        : [of('nowhere'), of('imageless')];
    });
    expect(stuck[0]).toMatch(/^nowhere runs 0 of 1 tasks: no suitable node \(scheduling constraints/);
    expect(stuck[1]).toMatch(/^imageless runs 0 of 1 tasks: No such image: workload:missing/);
    await swarm.run('docker config rm swarmup.replicas.99; docker service rm all bad crossed good nowhere imageless');
  });

  it('are left alone for a while where tasks fail again and again', async () => {
    await swarm.run(
      'docker service create -d --no-resolve-image --name crashing --endpoint-mode dnsrr --label swarmup.replicas=1 ' +
        `--restart-delay 2s ${workloadImage} busybox false`,
    );
    // Corrected at first: that it will not stay up must be seen.
    await waitFor({ timeoutMs: 60_000, what: 'the report', intervalMs: 1_000 }, async () => {
      await swarm.run('docker service scale -d crashing=3');
      const held = (await swarm.events()).filter(({ kind }) => kind === 'service-held').map(({ message }) => message);
      return held.includes('crashing keeps failing, so its replica count is corrected slowly') ? true : undefined;
    });
    expect(await swarm.counts()).toMatchObject({ crashing: 3 });
  });

  it('come back when a service is made anew in another mode', async () => {
    await swarm.sleepers(['moded'], 1);
    await swarm.cli.json(['replicas', 'set', 'moded=2']);
    await swarm.expectCounts({ moded: 2 });
    // There is no other way to another mode than a new service.
    const toGlobal = `call = (path, method, body) => new Promise((resolve) => require('http').request(
        { socketPath: '/run/docker.sock', path, method, headers: { 'content-type': 'application/json' } },
        (answer) => { let text = ''; answer.on('data', (part) => (text += part)).on('end', () => resolve(text)); }).end(body));
      call('/services/moded', 'GET').then(JSON.parse).then(({ ID, Version, Spec }) =>
        call('/services/' + ID + '/update?version=' + Version.Index, 'POST', JSON.stringify({ ...Spec, Mode: { Global: {} } })))
        .then(console.log);`;
    expect(await swarm.run(`node -e "${toGlobal}"`)).toContain('service mode change is not allowed');
    await swarm.cli.json(['replicas', 'pause', 'moded']);
    await swarm.run(
      'docker service rm moded >/dev/null; docker service create -d --no-resolve-image --mode global --name moded ' +
        `--endpoint-mode dnsrr --stop-signal KILL ${workloadImage} busybox sleep 1000000`,
    );
    const listed = await swarm.cli.json<ReplicasListResult>(['replicas', 'ls']);
    expect(listed.services.find(({ name }) => name === 'moded')).toMatchObject({
      state: 'paused',
      want: 2,
      have: null,
      problems: ['the service is in global mode, which has no replica count'],
    });
    await swarm.cli.json(['replicas', 'resume', 'moded']);
    await swarm.expectCounts({ moded: 2 });
    const told = (await swarm.events()).filter(({ service }) => service === 'moded').map(({ kind }) => kind);
    expect(told.slice(-2)).toEqual(['mode-corrected', 'service-recreated']);
    await swarm.cli.json(['replicas', 'unset', 'moded']);
    await swarm.run('docker service rm moded');
  });

  it('come back in the end, also where tasks fail again and again', async () => {
    await swarm.expectCounts({ crashing: 1 }, 60_000);
    await swarm.run('docker service rm crashing');
  });

  it('survive the death of the agent in the middle of a correction', async () => {
    const leader = await swarm.leader();
    const kill = 'systemctl kill -s KILL --kill-who=main swarmup-agent';
    const before = await swarm.events();
    for (const waitSeconds of [0.45, 0.5, 0.55, 0.6])
      await onHost(swarm.cli, leader, `docker service scale -d web=7; sleep ${waitSeconds}; ${kill}; sleep 1.2`);
    await swarm.expectCounts({ web: 3 });
    // What it told before is not lost, nor what it did last.
    const after = await swarm.events();
    expect(after.slice(0, before.length)).toEqual(before);
    expect(after.filter(({ kind, host }) => kind === 'agent-started' && host === leader)).toHaveLength(5);
    await swarm.run('docker service update -d --env-add COLOUR=green --update-delay 2s --replicas 7 web');
    await onHost(swarm.cli, leader, `${kill}; sleep 1.2`);
    // The update goes on to its end, and only then the count is corrected.
    const state = '{{with .UpdateStatus}}{{.State}}{{end}}';
    const inspect = `docker service inspect web --format '${state} {{.Spec.Mode.Replicated.Replicas}} {{.Spec.TaskTemplate.ContainerSpec.Env}}'`;
    const seen = new Set<string>();
    await waitFor({ timeoutMs: 120_000, what: 'the update and then the correction', intervalMs: 200 }, async () => {
      const now = await swarm.run(inspect);
      seen.add(now);
      return now.includes('3 [COLOUR=green]') ? true : undefined;
    });
    expect([...seen].filter((now) => now.startsWith('updating'))).toEqual(['updating 7 [COLOUR=green]']);
    expect(await onHost(swarm.cli, leader, 'stat -c "%a %U" /var/lib/swarmup-agent/events')).toBe('600 swarmup-agent');
    expect(Number(await onHost(swarm.cli, leader, 'systemctl show swarmup-agent -p NRestarts --value'))).toBe(5);
  });

  it('all come back after a hundred drifts in a minute, each corrected once, by the leader only', async () => {
    const names = Array.from({ length: 20 }, (_, i) => `s${i}`);
    await swarm.sleepers(names, 0, '--label swarmup.replicas=0 --constraint node.labels.none==1');
    const leader = await swarm.leader();
    const before = (await swarm.events()).at(-1)?.time ?? '';
    await swarm.run(
      `for round in 1 2 3 4 5; do for s in ${names.join(' ')}; do docker service update -d --replicas 2 $s >/dev/null; done; sleep 2; done`,
    );
    await swarm.expectCounts(Object.fromEntries(names.map((name) => [name, 0])));
    const later = (await swarm.events()).filter(({ time }) => time > before);
    const corrections = later.filter(({ kind }) => kind === 'drift-corrected');
    expect(new Set(corrections.map(({ host }) => host))).toEqual(new Set([leader]));
    for (const name of names) {
      const own = corrections.filter(({ service }) => service === name).length;
      expect(own).toBeGreaterThan(0);
      expect(own).toBeLessThanOrEqual(5);
    }
    expect(later.filter(({ kind }) => kind === 'action-failed')).toEqual([]);
  });

  it('then are left alone', async () => {
    const writes = async (): Promise<string> => {
      const format = '{{.Spec.Name}} {{.Version.Index}}';
      return swarm.run(`docker service ls -q | xargs docker service inspect --format '${format}'`);
    };
    const before = await writes();
    await quietFor(5_000);
    expect(await writes()).toBe(before);
  });
});
