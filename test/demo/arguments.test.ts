import { expect } from 'chai';
import { parseArguments } from '../../examples/demo/arguments.ts';
import { DemoProcess } from './demo-process.ts';

const defaults = {
  system: 'site-stacker',
  ...{ once: false, json: false, keep: false, databaseUrl: undefined, durationMs: undefined },
};

describe("the demo's command line", () => {
  it('reads what is wished', () => {
    expect(parseArguments([])).to.deep.equal({ wishes: defaults });
    expect(parseArguments(['--system', 'site-stacker', '--once', '--json', '--keep'])).to.deep.equal({
      wishes: { ...defaults, once: true, json: true, keep: true },
    });
    expect(parseArguments(['--system', 'amplo'])).to.deep.equal({ wishes: { ...defaults, system: 'amplo' } });
    expect(parseArguments(['--duration=2.5', '--database', 'postgres://me@host/db'])).to.deep.equal({
      wishes: { ...defaults, durationMs: 2500, databaseUrl: 'postgres://me@host/db' },
    });
  });

  const mistakes: ReadonlyArray<readonly [string[], RegExp]> = [
    [['--system', 'salesforce'], /there is no system 'salesforce'; there is site-stacker, amplo$/],
    [['--json'], /--once/],
    [['--once', '--duration', '3'], /--duration/],
    [['--duration', 'long'], /expected seconds.*'long'/],
    [['--duration', '0'], /expected seconds/],
    [['--duration', '-1'], /./],
    [['--duration'], /argument missing/],
    [['--database', 'localhost'], /expected a URL/],
    [['--twice'], /'--twice'/],
    [['now'], /'now'/],
  ];
  for (const [args, complaint] of mistakes) {
    it(`refuses ${args.join(' ')}`, () => {
      expect(parseArguments(args)).to.have.property('mistake').that.matches(complaint);
    });
  }

  it('does not repeat a password', () => {
    expect(JSON.stringify(parseArguments(['--database', 'mysql://me:secret@host/db']))).not.to.include(
      'secret',
    );
  });

  it('ends with 2 after wrong usage, and with 0 after --help, having started nothing', async () => {
    const wrong = new DemoProcess('--system', 'salesforce');
    expect(await wrong.ended()).to.equal(2);
    expect(wrong.stdout).to.equal('');
    expect(wrong.stderr).to.match(/^demo: .*\n.*--help\n$/);
    const help = new DemoProcess('--help');
    expect(await help.ended()).to.equal(0);
    expect(help.stdout).to.match(/^Usage: npm run demo/);
    expect(help.stderr).to.equal('');
  });
});
