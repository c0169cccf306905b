import { afterAll, beforeAll, describe, it } from 'vitest';
import { driverContract } from '../../../src/drivers/testing/driver-contract.js';
import { createVirtualBoxDriver } from '../../../src/drivers/virtualbox/virtualbox-driver.js';
import { testIdentities } from '../../support/driver-context.js';
import { hasQemuImg } from '../../support/vboxmanage/install.js';
import { type DoubleBench, openDoubleBench } from './double-bench.js';

const { identity } = testIdentities();
let bench: DoubleBench;
let names = 0;

// Machines that only say that they run; test/e2e/virtualbox.test.ts logs in to some that do.
describe.skipIf(!hasQemuImg)('virtualbox driver over the VBoxManage double', () => {
  beforeAll(async () => {
    bench = await openDoubleBench();
  });
  afterAll(() => bench[Symbol.asyncDispose]());

  driverContract(
    {
      driver: () => createVirtualBoxDriver(),
      context: (signal, log) => ({ ...bench.context({}, signal), log }),
      identity: () => identity(`host${String(++names)}`),
      leftovers: () => bench.leftovers(),
      timeoutMs: 180_000,
    },
    { describe, it },
  );
});
