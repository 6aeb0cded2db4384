import Mocha from 'mocha';

/** The usual report, with the counts as the very last line: `12 passed, 0 failed, 0 skipped`. */
export default class Reporter extends Mocha.reporters.Spec {
  /** Called by mocha when all is over, the global teardown included. */
  override done(failures: number, finish?: (failures: number) => void): void {
    const { passes = 0, failures: failed = 0, pending = 0 } = this.stats;
    Mocha.reporters.Base.consoleLog(`${passes} passed, ${failed} failed, ${pending} skipped`);
    finish?.(failures);
  }
}
