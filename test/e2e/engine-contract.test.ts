import { openConnections } from '../../src/cli/connections.js';
import { openEngine } from '../../src/lib/engine-client.js';
import { openStore } from '../../src/machine/file-store.js';
import type { CreateResult } from '../../src/operations/access/results.js';
import { type ContractEngine, engineContract } from '../contracts/engine-contract.js';
import { openCli } from './cli.js';

/** What the fake engines of the unit tests claim, asked of real ones. */
engineContract(async () => {
  const cli = await openCli('contract');
  await cli.json<CreateResult>(['create', '--no-swarm', '--no-tls', 'ca', 'cb', 'cc']);
  const store = openStore(cli.home, 'no-swarm');
  const connections = openConnections(store);
  const open = async (name: string): Promise<ContractEngine> => {
    const record = await store.require(name);
    const dial = async (signal: AbortSignal) =>
      (await connections.asRoot(record, { signal })).openSocket('/var/run/docker.sock', { signal });
    return {
      engine: openEngine({ what: `the engine of ${name}`, host: name, dial }),
      address: (await cli.run(['ip', name])).stdout.trim(),
      powerOff: async () => {
        await cli.json(['kill', name]);
      },
    };
  };
  return {
    engines: [await open('ca'), await open('cb'), await open('cc')],
    async [Symbol.asyncDispose]() {
      await connections.close();
      await cli.dispose();
    },
  };
});
