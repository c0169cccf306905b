import { inspectCommand } from '../cli/light/inspect-command.js';
import { oclifCommand } from '../cli/oclif-command.js';

export default oclifCommand(inspectCommand);
