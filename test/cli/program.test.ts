import { expect } from 'chai';
import type { Command } from 'commander';
import { createProgram } from '../../src/cli/program.ts';

/** The program as these arguments need it. */
const programFor = (...args: string[]): Promise<Command> =>
  createProgram(args, {
    ...{ version: '0.0.0', json: false, cwd: '/', env: {}, terminal: undefined },
    now: () => new Date(),
    write: () => {},
    writeError: () => {},
    signals: { onStop: () => () => {} },
  });
const namesOf = (program: Command): string[] => program.commands.map((command) => command.name());

describe('the program of the command line', () => {
  it('has every command for who names none, or asks for help', async () => {
    const all = namesOf(await programFor());
    expect(all).to.include.members(['start', 'init', 'endpoints', 'status']).and.to.have.length(15);
    for (const args of [
      ['--help'],
      ['--help', 'status'],
      ['-h', 'status'],
      ['statu'],
      ['help', 'status'],
      ['--config', 'rowhook.config.ts'],
    ])
      expect(namesOf(await programFor(...args)), args.join(' ')).to.deep.equal(all);
  });

  it('has the command that is named, and not much else', async () => {
    for (const name of namesOf(await programFor())) {
      const named = namesOf(await programFor('--json', name, '--help'));
      expect(named).to.include(name).and.to.have.length.at.most(2);
    }
  });

  it('has the command that is meant where the value of an option is the name of another', async () => {
    expect(namesOf(await programFor('--database', 'init', 'gaps', 'clear'))).to.deep.equal(['init', 'gaps']);
  });

  it('has every command for who asks for help before one, or means another than the one there is', async () => {
    const all = namesOf(await programFor());
    for (const args of [
      ['--json', '--help', 'status'],
      ['instal', '--tables', 'events'],
    ])
      expect(namesOf(await programFor(...args)), args.join(' ')).to.deep.equal(all);
  });
});
