import { expect, it, vi } from 'vitest';
import { SwarmupError } from '../../src/lib/errors.js';

it('an error of another copy of the module is one of ours, another class of error is not', async () => {
  vi.resetModules();
  const copy = await import('../../src/lib/errors.js');
  expect(copy.SwarmupError).not.toBe(SwarmupError);
  expect(new copy.SwarmupError('CODE', 'a message')).toBeInstanceOf(SwarmupError);
  expect(new Error('a message')).not.toBeInstanceOf(SwarmupError);
});

it('a class derived from it is not every error of ours', () => {
  class Special extends SwarmupError {}
  expect(new Special('CODE', 'a message')).toBeInstanceOf(Special);
  expect(new Special('CODE', 'a message')).toBeInstanceOf(SwarmupError);
  expect(new SwarmupError('CODE', 'a message')).not.toBeInstanceOf(Special);
});
