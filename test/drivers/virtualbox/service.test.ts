import { describe, expect, it } from 'vitest';
import { serviceOfUser } from '../../../src/drivers/virtualbox/tool/service.js';

describe('calls of one process', () => {
  /** A call that ends when it is told to. */
  function pending() {
    let end: (error?: Error) => void = () => undefined;
    const started: number[] = [];
    const run = (): Promise<string> =>
      new Promise((resolve, reject) => {
        started.push(1);
        end = (error) => {
          if (error === undefined) resolve('done');
          else reject(error);
        };
      });
    return {
      run,
      started,
      end: (error?: Error): void => {
        end(error);
      },
    };
  }
  const turn = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));

  it('wait for the first one, which brings the service up, and then go at once', async () => {
    let clock = 0;
    const { call } = serviceOfUser(() => clock);
    const [first, second, third] = [pending(), pending(), pending()];
    const all = [first, second, third].map(({ run }) => call(run));
    await turn();
    expect([first, second, third].map(({ started }) => started.length)).toEqual([1, 0, 0]);
    first.end();
    await turn();
    expect([second, third].map(({ started }) => started.length)).toEqual([1, 1]);
    second.end();
    clock = 60_000;
    // While one goes on the service is there, however long that takes.
    const fourth = pending();
    all.push(call(fourth.run));
    await turn();
    expect(fourth.started).toHaveLength(1);
    third.end();
    fourth.end();
    expect(await Promise.all(all)).toEqual(['done', 'done', 'done', 'done']);
  });

  it('begin anew after a pause, and when the first one failed', async () => {
    let clock = 0;
    const { call } = serviceOfUser(() => clock);
    const failing = pending();
    const failed = call(failing.run);
    const [next, last] = [pending(), pending()];
    const rest = [call(next.run), call(last.run)];
    failing.end(new Error('no service'));
    await expect(failed).rejects.toThrow('no service');
    await turn();
    expect([next, last].map(({ started }) => started.length)).toEqual([1, 0]);
    next.end();
    await turn();
    last.end();
    await Promise.all(rest);
    clock = 10_000;
    const [one, two] = [pending(), pending()];
    const later = [call(one.run), call(two.run)];
    await turn();
    expect([one, two].map(({ started }) => started.length)).toEqual([1, 0]);
    one.end();
    await turn();
    two.end();
    await Promise.all(later);
  });
});
