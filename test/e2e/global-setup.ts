import { execa } from 'execa';
import { join } from 'node:path';
import { outerEngine } from './outer-engine.js';

/** Real hosts need a real engine and the built CLI; without them every test here would fail for the same reason. */
export default async function setup(): Promise<void> {
  await outerEngine.apiVersion().catch((error: unknown) => {
    throw new Error('the end-to-end tests need a Docker Engine: run script/test', { cause: error });
  });
  await execa('npm', ['run', '--silent', 'build'], { cwd: join(import.meta.dirname, '..', '..') });
}
