import { RowhookError } from '../../errors.ts';
import { dialectProblem } from '../../wire/dialects.ts';

/** @throws RowhookError `endpoint_invalid`, at the field, for a dialect that there is not */
export function refuseDialect(name: string | null | undefined): void {
  const problem = name == null ? undefined : dialectProblem(name);
  if (problem === undefined) return;
  throw new RowhookError('endpoint_invalid', problem, { where: 'dialect', fix: 'Name another one.' });
}

/**
 * The headers of an endpoint that is new: there is nothing yet whose value could stay.
 * @throws RowhookError `endpoint_invalid`
 */
export function newHeaders(
  given: ReadonlyArray<readonly [name: string, value: string | null]> | undefined,
): [string, string][] | null {
  return (given ?? []).map(([name, value]) => {
    if (value !== null) return [name, value];
    throw new RowhookError('endpoint_invalid', `the header "${name}" has no value`, {
      where: 'headers',
      fix: 'Give its value.',
    });
  });
}
