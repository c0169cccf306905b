import { configCommand } from '../cli/light/config-command.js';
import { oclifCommand } from '../cli/oclif-command.js';

export default oclifCommand(configCommand);
