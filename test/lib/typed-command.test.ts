import { expect, it } from 'vitest';
import { inSwarm, swarmup } from '../../src/lib/typed-command.js';

it('is the line as one types it', () => {
  expect(swarmup`ls`).toBe('swarmup ls');
  expect(swarmup`start ${'agent1'}`).toBe('swarmup start agent1');
  expect(swarmup`swarm update --task-history ${2}`).toBe('swarmup swarm update --task-history 2');
});

it('makes several words of an array, and none of nothing, without a space for it', () => {
  expect(swarmup`start ${['agent1', 'agent2']}`).toBe('swarmup start agent1 agent2');
  expect(swarmup`node rm ${inSwarm('lab')} ${'agent1'}`).toBe('swarmup node rm --swarm lab agent1');
  expect(swarmup`node rm ${inSwarm('default')} ${'agent1'}`).toBe('swarmup node rm agent1');
  expect(swarmup`node rm ${inSwarm(null)} ${'agent1'}`).toBe('swarmup node rm agent1');
  expect(swarmup`swarm unlock ${undefined}`).toBe('swarmup swarm unlock');
  expect(swarmup`service ps ${[]} ${undefined}`).toBe('swarmup service ps');
});

it('quotes what a shell would read otherwise', () => {
  expect(swarmup`cp ${'my file'} ${['a$b', '']}`).toBe(`swarmup cp 'my file' 'a$b' ''`);
  expect(swarmup`create ${"it's"}=USER@ADDRESS`).toBe(String.raw`swarmup create 'it'\''s'=USER@ADDRESS`);
});
