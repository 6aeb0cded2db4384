/** Sets this process's date for as long as something takes; what was made of a moment before stays as it is. */
export async function withDateShifted<Result>(ms: number, work: () => Promise<Result>): Promise<Result> {
  const Real = Date;
  class Shifted extends Real {
    constructor(...values: [] | [number | string | Date]) {
      if (values.length === 0) super(Real.now() + ms);
      else super(values[0]);
    }
    static override now(): number {
      return Real.now() + ms;
    }
  }
  globalThis.Date = Shifted as DateConstructor;
  try {
    return await work();
  } finally {
    globalThis.Date = Real;
  }
}
