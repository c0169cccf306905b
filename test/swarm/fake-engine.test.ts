import { duplexPair } from 'node:stream';
import { openEngine } from '../../src/lib/engine-client.js';
import { engineContract, type ContractEngine } from '../contracts/engine-contract.js';
import { fakeEngine, type FakeNetwork } from '../support/fake-engine.js';

engineContract(async () => {
  const network: FakeNetwork = new Map();
  const open = (name: string, address: string): ContractEngine => {
    const engine = fakeEngine(network, name, address);
    network.set(address, engine);
    const dial = async () => {
      const [ours, theirs] = duplexPair();
      engine.serve(theirs);
      return ours;
    };
    return {
      engine: openEngine({ what: `the engine of ${name}`, dial }),
      address,
      powerOff: async () => {
        engine.powerOff();
      },
    };
  };
  return {
    engines: [open('a', '192.0.2.1'), open('b', '192.0.2.2'), open('c', '192.0.2.3')],
    [Symbol.asyncDispose]: async () => undefined,
  };
});
