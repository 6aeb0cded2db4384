/*
 * Loaded before a program, so that whoever takes hold of the clock takes this one: `Date.now`, and `new Date` without arguments. Each
 * SIGUSR2 sets it ahead, or back, by the next of the ms that ROWHOOK_TEST_CLOCK lists.
 */
const steps = (process.env.ROWHOOK_TEST_CLOCK ?? '').split(',').map(Number);
const TrueDate = Date;
let ahead = 0;
const now = (): number => TrueDate.now() + ahead;
// No subclass: a date that Node or Postgres gives is an instance of it too.
globalThis.Date = new Proxy(TrueDate, {
  construct: (target, values, by) =>
    Reflect.construct(target, values.length === 0 ? [now()] : values, by === Date ? target : by),
  apply: () => new TrueDate(now()).toString(),
  get: (target, name) => (name === 'now' ? now : Reflect.get(target, name)),
});
process.on('SIGUSR2', () => {
  ahead = steps.shift() ?? 0;
  process.stdout.write(`clock ${ahead}\n`);
});
