import { activeCommand } from './active-command.js';
import { envCommand } from './env-command.js';
import { inspectCommand } from './inspect-command.js';
import { ipCommand } from './ip-command.js';
import type { LightCommand } from './light-command.js';
import { lsCommand } from './ls-command.js';
import { statusCommand } from './status-command.js';
import { urlCommand } from './url-command.js';

/** Every light command. */
export const lightCommands: readonly LightCommand[] = [
  activeCommand,
  envCommand,
  inspectCommand,
  ipCommand,
  lsCommand,
  statusCommand,
  urlCommand,
];
