import '../support/without-native-addons.js';
import { createRequire } from 'node:module';
import { expect, it } from 'vitest';
import { inProcessContract } from './in-process-contract.js';

it('runs without the native addon of ssh2', () => {
  const { bindingAvailable } = createRequire(import.meta.url)('ssh2/lib/protocol/crypto.js') as {
    bindingAvailable: boolean;
  };
  expect(bindingAvailable).toBe(false);
});

inProcessContract('ssh-host of the tests, without native addons');
