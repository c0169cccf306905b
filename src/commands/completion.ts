import { completionCommand } from '../cli/light/completion-command.js';
import { oclifCommand } from '../cli/oclif-command.js';

export default oclifCommand(completionCommand);
