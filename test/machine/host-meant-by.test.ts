import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { hostMeantBy } from '../../src/machine/host-meant-by.js';
import { fullName, nameWithin, ownName, placeOfHost } from '../../src/machine/names.js';

const label = fc.stringMatching(/^[a-z][a-z0-9-]{0,6}[a-z0-9]$/);
const few = fc.constantFrom('manager', 'agent1', 'agent2', 'db');
const swarms = fc.constantFrom('default', 'lab', 'prod', 'no-swarm');
const places = fc.uniqueArray(fc.record({ host: few, swarm: swarms }), { selector: fullName, maxLength: 12 });

describe('names of hosts', () => {
  it('are read as they are written, for every scope', () => {
    fc.assert(
      fc.property(label, label, label, (host, swarm, scope) => {
        const place = { host, swarm };
        const name = nameWithin(place, scope);
        expect(placeOfHost(name, scope)).toEqual(place);
        expect(placeOfHost(fullName(place), scope)).toEqual(place);
        expect(ownName(name)).toBe(host);
      }),
    );
  });

  it.each(['', '.', '..', 'a.', '.a', 'a.b.c', 'A', 'a b', 'a/../b', '../a'])('are none: %j', (name) => {
    expect(placeOfHost(name, 'default')).toBeUndefined();
  });
});

describe('the host that a word names', () => {
  it('by its full name, is always that very host', () => {
    fc.assert(
      fc.property(places, swarms, (all, scope) => {
        const names = all.map((place) => nameWithin(place, scope));
        for (const place of all) expect(hostMeantBy(fullName(place), names, scope)).toBe(nameWithin(place, scope));
      }),
    );
  });

  it('by its own name, is that of the scope, else the only one, else an error with all candidates', () => {
    fc.assert(
      fc.property(places, swarms, few, (all, scope, word) => {
        const names = all.map((place) => nameWithin(place, scope));
        const same = all.filter(({ host }) => host === word);
        const own = same.find(({ swarm }) => swarm === scope);
        const meant = (): string => hostMeantBy(word, names, scope);
        if (own !== undefined) expect(meant()).toBe(word);
        else if (same.length === 0) expect(meant()).toBe(word);
        else if (same[0] !== undefined && same.length === 1) expect(meant()).toBe(fullName(same[0]));
        else
          expect(meant).toThrow(
            expect.objectContaining({
              code: 'HOST_AMBIGUOUS',
              exitCode: 2,
              message: `there are ${same.length} hosts named ${word}: ${same.map(fullName).join(', ')}`,
            }) as Error,
          );
      }),
    );
  });

  it('stays as it is where no host has the name', () => {
    expect(hostMeantBy('web', ['manager', 'web2.lab'], 'default')).toBe('web');
    expect(hostMeantBy('web2.prod', ['manager', 'web2.lab'], 'default')).toBe('web2.prod');
    expect(hostMeantBy('no name', ['manager'], 'default')).toBe('no name');
  });
});
