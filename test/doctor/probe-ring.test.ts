import { describe, expect, it } from 'vitest';
import type { ProbeHost } from '../../src/doctor/probe-network.js';
import { probeRing } from '../../src/doctor/probe-ring.js';
import type { Runner } from '../../src/ssh/runner.js';

interface Kernel {
  received: number;
  /** Other datagrams between two looks at the counters. */
  noise?: number;
  /** How many of the next datagrams to it get lost. */
  loses?: number;
  cannotSend?: boolean;
}

/** Hosts that run the scripts as their kernels would answer them. */
function ring(kernels: Readonly<Record<string, Kernel>>): readonly ProbeHost[] {
  const look = (kernel: Kernel): string => `Udp: ${(kernel.received += kernel.noise ?? 0)} 0 0 0\n`;
  return Object.entries(kernels).map(([name, kernel]) => ({
    name,
    address: name,
    listens: [],
    runner: {
      exec: (_command: string, { title = '' }: { readonly title?: string }) => {
        if (title === 'count datagrams') return Promise.resolve({ stdout: look(kernel) + look(kernel) });
        if (kernel.cannotSend === true) return Promise.resolve({ stdout: '' });
        const to = kernels[title.split(' ').at(-1) ?? ''];
        if (to === undefined) throw new Error(title);
        const lost = Math.min(12, to.loses ?? 0);
        to.loses = (to.loses ?? 0) - lost;
        to.received += 12 - lost;
        return Promise.resolve({ stdout: 'sent\n' });
      },
    } as unknown as Runner,
  }));
}

const verdicts = async (kernels: Readonly<Record<string, Kernel>>): Promise<readonly unknown[]> =>
  (await probeRing(ring(kernels), 4789, new AbortController().signal)).map(({ from, to, arrived }) => [
    from,
    to,
    arrived,
  ]);

describe('the ring of hosts that send datagrams to each other', () => {
  it('tells of each way whether they arrive', async () => {
    expect(await verdicts({ a: { received: 7 }, b: { received: 70_000, loses: 1_000 }, c: { received: 0 } })).toEqual([
      ['a', 'b', false],
      ['b', 'c', true],
      ['c', 'a', true],
    ]);
  });

  it('believes in silence only when it lasts', async () => {
    expect(await verdicts({ a: { received: 0 }, b: { received: 0, loses: 24 } })).toEqual([
      ['a', 'b', true],
      ['b', 'a', true],
    ]);
  });

  it('does not take other traffic for what was sent, nor silence in it for a fault', async () => {
    expect(await verdicts({ a: { received: 0, noise: 9 }, b: { received: 0, noise: 9, loses: 1_000 } })).toEqual([
      ['a', 'b', undefined],
      ['b', 'a', undefined],
    ]);
  });

  it('says nothing of what could not be tried', async () => {
    expect(await verdicts({ a: { received: 0, cannotSend: true }, b: { received: 0 } })).toEqual([
      ['a', 'b', undefined],
      ['b', 'a', true],
    ]);
    expect(await verdicts({ a: { received: 0 }, b: { received: Number.NaN } })).toEqual([
      ['a', 'b', undefined],
      ['b', 'a', true],
    ]);
  });
});
