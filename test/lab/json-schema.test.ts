import { toJsonSchema } from '@valibot/to-json-schema';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { editorSchema } from '../../src/lab/editor-schema.js';
import { schema } from './lab-text.js';

const whole = toJsonSchema(schema, { target: 'draft-07' }) as Readonly<Record<string, unknown>>;

it('the JSON schema for editors is that of the manifest: npm run docs:schemas', () => {
  const path = join(import.meta.dirname, '..', '..', 'schema', 'swarmup.schema.json');
  const published: unknown = JSON.parse(readFileSync(path, 'utf8'));
  expect(published).toEqual(editorSchema(whole));
});

it('a manifest that extends others may lack what they have, but not what an item of a list needs', () => {
  const edited = editorSchema(whole);
  expect(edited).not.toHaveProperty('required');
  expect(edited).not.toHaveProperty('properties.pools.additionalProperties.required');
  expect(edited).toMatchObject({
    additionalProperties: false,
    properties: {
      pools: { additionalProperties: { properties: { files: { items: { required: ['target'] } } } } },
    },
    if: { required: ['extends'] },
  });
  expect(edited['else']).toEqual({
    required: ['version', 'name', 'pools'],
    properties: {
      pools: { additionalProperties: { required: ['role'] } },
      stacks: { additionalProperties: { required: ['file'] } },
    },
  });
});
