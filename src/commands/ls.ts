import { lsCommand } from '../cli/light/ls-command.js';
import { oclifCommand } from '../cli/oclif-command.js';

export default oclifCommand(lsCommand);
