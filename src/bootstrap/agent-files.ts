import { createHash } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { codeOf, SwarmupError } from '../lib/errors.js';
import { inPackage } from '../lib/package-folder.js';

/** The files of the agent on a host. */
export interface AgentFiles {
  /** The bundled program. */
  readonly program: string;
  /** The systemd unit; `@NODE@` stands for the path of Node.js, and files that it hides need not be there. */
  readonly unit: string;
  /** Of both: changes when either does. */
  readonly version: string;
}

/** The agent that this swarmup brings. Errors: AGENT_NOT_BUILT. */
export async function readAgentFiles(): Promise<AgentFiles> {
  const [program, unit] = await Promise.all([
    readFile(inPackage('dist', 'agent.js'), 'utf8').catch((error: unknown) => {
      throw codeOf(error) === 'ENOENT' ? notBuilt() : error;
    }),
    readFile(inPackage('templates', 'agent', 'swarmup-agent.service'), 'utf8'),
  ]);
  const version = createHash('sha256').update(program).update(unit).digest('hex').slice(0, 12);
  return { program, unit: unit.replace('@VERSION@', version), version };
}

function notBuilt(): SwarmupError {
  return new SwarmupError('AGENT_NOT_BUILT', 'the agent is missing in this package of swarmup', {
    hints: ['in a work tree, run npm run build', 'otherwise, install swarmup again'],
  });
}
