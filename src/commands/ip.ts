import { ipCommand } from '../cli/light/ip-command.js';
import { oclifCommand } from '../cli/oclif-command.js';

export default oclifCommand(ipCommand);
