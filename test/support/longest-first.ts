import { relative } from 'node:path';
import type { TestSpecification } from 'vitest/node';
import { BaseSequencer } from 'vitest/node';

/**
 * The files that take longest, of each project. On a clean clone vitest knows no times and begins with the largest file:
 * the emulated machine, a short file, would be the last, with one worker at work and the others done.
 */
export const longest = [
  'test/e2e/virtualbox-vm.test.ts',
  'test/e2e/agent-failover.test.ts',
  'test/e2e/labs.test.ts',
  'test/e2e/drills.test.ts',
  'test/e2e/templates.test.ts',
  'test/lab/manifest-fuzz.test.ts',
  'test/drivers/virtualbox/driver.test.ts',
  'test/drivers/docker-machine/plugin.test.ts',
  'test/operations/hosts/remove-hosts.test.ts',
  'test/commands/transcripts.test.ts',
  'test/drivers/virtualbox/passing-states.test.ts',
  'test/bootstrap/configure-script.test.ts',
  'test/support/vboxmanage/conformance.test.ts',
  'test/operations/lab/up-lab.test.ts',
  'test/cli/bad-input.test.ts',
];

/** Longest first, so that no worker is left alone with a long file at the end; the others as vitest orders them. */
export class LongestFirst extends BaseSequencer {
  override async sort(files: TestSpecification[]): Promise<TestSpecification[]> {
    const place = ({ project, moduleId }: TestSpecification): number => {
      const index = longest.indexOf(relative(project.config.root, moduleId).replaceAll('\\', '/'));
      return index === -1 ? longest.length : index;
    };
    return (await super.sort(files)).sort((a, b) => place(a) - place(b));
  }
}
