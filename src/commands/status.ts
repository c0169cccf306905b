import { statusCommand } from '../cli/light/status-command.js';
import { oclifCommand } from '../cli/oclif-command.js';

export default oclifCommand(statusCommand);
