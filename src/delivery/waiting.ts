/** One who waits: for a time, for a condition, or until it is ended. */
export class Waiting {
  #proceed = (): void => {};
  #condition = (): boolean => false;

  /** Resolves after this time, or as soon as the condition holds when somebody pokes. */
  wait(ms: number, condition: () => boolean): Promise<void> {
    if (condition()) return Promise.resolve();
    return new Promise((resolve) => {
      const timer = setTimeout(() => this.#proceed(), ms);
      this.#condition = condition;
      this.#proceed = () => {
        clearTimeout(timer);
        this.#proceed = () => {};
        this.#condition = () => false;
        resolve();
      };
    });
  }

  /** Something has changed: looks whether the condition holds. */
  poke(): void {
    if (this.#condition()) this.#proceed();
  }

  /** Ends the wait that is under way. */
  end(): void {
    this.#proceed();
  }
}
