import { inProcessContract } from './in-process-contract.js';

inProcessContract('ssh-host of the tests');
