/** The counts that our reporter ends with; undefined where it did not get there. */
export function lastCounts(output: string): string | undefined {
  return output.match(/\d+ passed, \d+ failed, \d+ skipped/g)?.at(-1);
}

/** Whether something ran and nothing failed: a run that found no tests has shown nothing. */
export function isGreen(counts: string | undefined): boolean {
  return /^[1-9]\d* passed, 0 failed, /.test(counts ?? '');
}
