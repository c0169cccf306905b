import { connect } from 'node:net';
import type { Forward, Machine } from '../model.js';
import { toolError } from '../failure.js';
import { vmProcess } from '../sessions.js';

/** What the process of a machine is told. */
export type Order =
  | { readonly order: 'pause' | 'resume' | 'reset' | 'poweroff' | 'acpipowerbutton' }
  | { readonly order: 'savestate'; readonly stateFile: string }
  | { readonly order: 'forward'; readonly nic: number; readonly forward: Forward }
  | { readonly order: 'unforward'; readonly nic: number; readonly forward: Forward }
  | { readonly order: 'snapshot'; readonly stateFile: string };

/** Gives an order and waits until it is done; fails with what the process says. */
export function orderVm(machine: Machine, order: Order): Promise<void> {
  const vm = vmProcess(machine);
  if (vm === undefined) return Promise.reject(new Error(`${machine.name} does not run`));
  return new Promise((resolve, reject) => {
    const socket = connect(vm.socket);
    let answer = '';
    socket.setEncoding('utf8').on('data', (text: string) => (answer += text));
    socket.once('error', reject);
    socket.once('close', () => {
      if (answer.trim() === 'done') resolve();
      else reject(toolError(answer === '' ? `The process of '${machine.name}' ended` : (answer.split('\n')[0] ?? '')));
    });
    socket.end(`${JSON.stringify(order)}\n`);
  });
}
