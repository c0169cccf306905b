import { awsErrors } from './aws.js';
import { commandLineErrors } from './command-line.js';
import { dockerDriverErrors } from './docker-driver.js';
import { engineErrors } from './engine.js';
import { hostsErrors } from './hosts.js';
import { labsErrors } from './labs.js';
import { orphansErrors } from './orphans.js';
import { pluginsErrors } from './plugins.js';
import { recoveryErrors } from './recovery.js';
import { servicesErrors } from './services.js';
import { sshErrors } from './ssh.js';
import { storeErrors } from './store.js';
import { swarmErrors } from './swarm.js';
import { virtualboxErrors } from './virtualbox.js';
import type { ErrorArea } from './error-entry.js';

/** All codes that swarmup raises, by subject. Codes of other drivers are not listed here. */
export const errorCatalogue: readonly { readonly title: string; readonly codes: ErrorArea }[] = [
  { title: 'The command line', codes: commandLineErrors },
  { title: 'Records, settings and files on this computer', codes: storeErrors },
  { title: 'Hosts', codes: hostsErrors },
  { title: 'Hosts without a record', codes: orphansErrors },
  { title: 'SSH and becoming root', codes: sshErrors },
  { title: 'Docker Engine on the hosts', codes: engineErrors },
  { title: 'The swarm and its nodes', codes: swarmErrors },
  { title: 'Services, stacks and networks', codes: servicesErrors },
  { title: 'Labs', codes: labsErrors },
  { title: 'Backup and recovery', codes: recoveryErrors },
  { title: 'The driver docker', codes: dockerDriverErrors },
  { title: 'The driver aws', codes: awsErrors },
  { title: 'The driver virtualbox', codes: virtualboxErrors },
  { title: 'The driver generic, and plugins of docker-machine', codes: pluginsErrors },
];
