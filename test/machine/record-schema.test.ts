import { literal, looseObject, string } from 'valibot';
import { describe, expect, it } from 'vitest';
import { machineFormat, parseRecord, type RecordFormat } from '../../src/machine/record-schema.js';
import { machineRecord } from './machine-record.js';

const source = { path: '/home/machines/a/machine.json', what: 'host a', name: 'a' };

describe('parseRecord', () => {
  it('brings an older record up to date, one version after the other', () => {
    const format: RecordFormat<{ name: string; place: string }> = {
      migrations: {
        1: (first) => first,
        2: ({ location, ...rest }) => ({ ...rest, schemaVersion: 2, site: location }),
        3: ({ site, ...rest }) => ({ ...rest, schemaVersion: 3, place: site }),
      },
      schema: looseObject({ schemaVersion: literal(3), name: string(), place: string() }),
    };
    const now = { schemaVersion: 3, name: 'a', place: 'here' };
    expect(parseRecord(format, '{"schemaVersion":1,"name":"a","location":"here"}', source)).toEqual(now);
    expect(parseRecord(format, '{"schemaVersion":2,"name":"a","site":"here"}', source)).toEqual(now);
    expect(parseRecord(format, JSON.stringify(now), source)).toEqual(now);
    expect(() => parseRecord(format, '{"schemaVersion":4,"name":"a"}', source)).toThrow(
      'version 4, but this swarmup knows only 3',
    );
  });

  it.each([0, -1, 1.5, '1', null])('takes %j for no version', (schemaVersion) => {
    const text = JSON.stringify({ ...machineRecord('a'), schemaVersion });
    expect(() => parseRecord(machineFormat, text, source)).toThrow(
      'schemaVersion: it must be a whole number from 1 to 1',
    );
  });

  it('says how to go on', () => {
    expect(() => parseRecord(machineFormat, '', source)).toThrow(
      expect.objectContaining({
        hints: [
          'repair the file, or restore it from a backup',
          'to give up the record, move its file away: mv "/home/machines/a/machine.json" "/home/machines/a/machine.json.broken"',
        ],
      }),
    );
    expect(() => parseRecord(machineFormat, '{"schemaVersion":2}', source)).toThrow(
      expect.objectContaining({ hints: ['upgrade swarmup'] }),
    );
  });
});
