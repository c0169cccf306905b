import { expect, it } from 'vitest';
import { splitValues } from '../../src/cli/oclif-flags.js';
import { awsDeclaration } from '../../src/drivers/aws/declaration.js';

it.each([
  ['create --aws-spot a', 'create --aws-spot a'],
  ['create --aws-spot=0.01 a', 'create --aws-spot --aws-spot-price=0.01 a'],
  ['create --no-aws-spot --aws-monitoring=1 --aws-zone=a', 'create --no-aws-spot --aws-monitoring=1 --aws-zone=a'],
  ['create -- --aws-spot=0.01', 'create -- --aws-spot=0.01'],
])('%s is %s', (given, words) => {
  expect(splitValues(given.split(' '), [awsDeclaration])).toEqual(words.split(' '));
});
