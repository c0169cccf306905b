import { activeCommand } from '../cli/light/active-command.js';
import { oclifCommand } from '../cli/oclif-command.js';

export default oclifCommand(activeCommand);
