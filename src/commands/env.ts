import { envCommand } from '../cli/light/env-command.js';
import { oclifCommand } from '../cli/oclif-command.js';

export default oclifCommand(envCommand);
