/*
 * Loaded before a program, so that whoever takes hold of the clock takes this one. Each SIGUSR2 sets it ahead, or back, by the next
 * of the ms that ROWHOOK_TEST_CLOCK lists.
 */
const steps = (process.env.ROWHOOK_TEST_CLOCK ?? '').split(',').map(Number);
const trueNow = Date.now;
let ahead = 0;
Date.now = () => trueNow() + ahead;
process.on('SIGUSR2', () => {
  ahead = steps.shift() ?? 0;
  process.stdout.write(`clock ${ahead}\n`);
});
