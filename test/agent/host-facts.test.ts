import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import { expect, it } from 'vitest';
import { HostWatch } from '../../src/agent/host-facts.js';

it("the agent reads how full the disk is that holds Docker's data, as df says", async () => {
  const { stdout } = await promisify(execFile)('df', ['--output=pcent', '/']);
  const { diskUsedPercent = -1 } = await new HostWatch(() => 0).read({ DockerRootDir: '/' });
  // df rounds up, and the disk is in use.
  expect(Math.abs(diskUsedPercent - Number(/\d+/.exec(stdout)?.[0]))).toBeLessThanOrEqual(2);
  expect((await new HostWatch(() => 0).read({ DockerRootDir: '/not/there' })).diskUsedPercent).toBeUndefined();
});
