import { once } from 'node:events';
import { connect, type Socket } from 'node:net';
import { createInterface } from 'node:readline';

/** QEMU's control connection. API: QEMU Machine Protocol. */
export interface Qmp {
  /** One command; fails with QEMU's own words. */
  call<T>(command: string, args?: Readonly<Record<string, unknown>>): Promise<T>;
  /** A command of the human monitor; what it prints, which is nothing when all is well. */
  monitor(line: string): Promise<string>;
}

interface Message {
  readonly id?: number;
  readonly return?: unknown;
  readonly error?: { readonly desc: string };
}

type Waiter = (message: Message) => void;

/** Connects to a socket that QEMU listens on, and agrees on the protocol. */
export async function openQmp(path: string): Promise<Qmp> {
  const socket = connect(path);
  await once(socket, 'connect');
  const waiting = new Map<number, Waiter>();
  socket.once('close', () => {
    for (const waiter of waiting.values()) waiter({ error: { desc: 'QEMU ended' } });
  });
  socket.on('error', () => socket.destroy());
  const lines = createInterface({ input: socket });
  // It passes the socket's errors on; a QEMU that quits resets the connection at times.
  lines.on('error', () => socket.destroy());
  lines.on('line', (line) => {
    const message = JSON.parse(line) as Message;
    if (message.id === undefined) return;
    waiting.get(message.id)?.(message);
    waiting.delete(message.id);
  });
  const call = caller(socket, waiting);
  await call('qmp_capabilities');
  return { call, monitor: (line) => call('human-monitor-command', { 'command-line': line }) };
}

function caller(socket: Socket, waiting: Map<number, Waiter>): Qmp['call'] {
  let last = 0;
  return <T>(command: string, args: Readonly<Record<string, unknown>> = {}): Promise<T> =>
    new Promise((resolve, reject) => {
      last += 1;
      waiting.set(last, ({ error, return: value }) => {
        if (error === undefined) resolve(value as T);
        else reject(new Error(`${command}: ${error.desc}`));
      });
      socket.write(`${JSON.stringify({ execute: command, arguments: args, id: last })}\n`);
    });
}
