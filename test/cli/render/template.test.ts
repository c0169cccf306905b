import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { compileTemplate } from '../../../src/cli/render/template.js';

const sample = { Name: 'agent1', State: 'running', Errors: [], Driver: { Name: 'docker', Ports: [1, 2] }, None: null };
const render = (source: string): string => compileTemplate(source, sample)([sample]);

describe('compileTemplate', () => {
  it.each([
    ['{{.Name}}', 'agent1\n'],
    [String.raw`{{ .Name }}\t{{.State}}`, 'agent1\trunning\n'],
    ['{{.Driver.Name}}', 'docker\n'],
    ['{{.Driver.Ports}}', '[1,2]\n'],
    ['{{json .Name}}', '"agent1"\n'],
    ['{{json .}}', `${JSON.stringify(sample)}\n`],
    ['{{.None}}|{{.Driver.Missing}}|{{.Name.length}}', '||\n'],
    ['{{prettyjson .Driver}}', `${JSON.stringify(sample.Driver, null, 4)}\n`],
    ['{{index .Driver "Name"}} {{index .Driver.Ports 1}}', 'docker 2\n'],
    ['no fields', 'no fields\n'],
  ])('%s', (source, text) => {
    expect(render(source)).toBe(text);
  });

  it('aligns columns under a head with "table"', () => {
    const rows = [sample, { ...sample, Name: 'a' }];
    expect(compileTemplate(String.raw`table {{.Name}}\t{{.State}}`, sample)(rows)).toBe(
      'NAME     STATE\nagent1   running\na        running\n',
    );
  });

  it.each([
    ['{{.Nam}}', /no field \.Nam.*/],
    ['{{.constructor}}', /no field \.constructor/],
    ['{{range .}}x{{end}}', /\{\{range \.\}\} is not understood/],
    ['{{.Name', /a \{\{ without \}\}/],
  ])('%s is refused', (source, message) => {
    expect(() => render(source)).toThrow(expect.objectContaining({ code: 'FORMAT_INVALID', exitCode: 2 }));
    expect(() => render(source)).toThrow(message);
  });

  it('proposes the nearest field', () => {
    expect(() => render('{{.Nam}}')).toThrow(
      expect.objectContaining({ hints: expect.arrayContaining(['the fields are .Name']) as unknown }),
    );
  });

  it('keeps any other text as it is, and refuses or renders whatever it is given', () => {
    fc.assert(
      fc.property(
        fc.string().filter((text) => !/\\[tn]|\{\{|^table\s/.test(text)),
        (text) => {
          expect(render(text)).toBe(`${text}\n`);
        },
      ),
    );
    fc.assert(
      fc.property(fc.array(fc.constantFrom('{{', '}}', '.Name', 'json ', ' ', '.', 'x', String.raw`\t`)), (parts) => {
        try {
          expect(render(parts.join('')).endsWith('\n')).toBe(true);
        } catch (error) {
          expect(error).toMatchObject({ code: 'FORMAT_INVALID' });
        }
      }),
    );
  });
});
