import { urlCommand } from '../cli/light/url-command.js';
import { oclifCommand } from '../cli/oclif-command.js';

export default oclifCommand(urlCommand);
