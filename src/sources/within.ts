/** Waits for somebody else's work, which goes on unheard where it takes longer. Rejects as it does, with the signal's reason, or when time is up. */
export async function within<T>(
  work: Promise<T>,
  { timeoutMs, signal }: { readonly timeoutMs: number; readonly signal: AbortSignal },
): Promise<T> {
  signal.throwIfAborted();
  let timer: NodeJS.Timeout | undefined;
  let breakOff = (): void => {};
  const given = new Promise<never>((_, reject) => {
    timer = setTimeout(() => reject(new Error(`no answer within ${timeoutMs} ms`)), timeoutMs);
    breakOff = () => reject(signal.reason);
    signal.addEventListener('abort', breakOff, { once: true });
  });
  try {
    return await Promise.race([work, given]);
  } finally {
    clearTimeout(timer);
    signal.removeEventListener('abort', breakOff);
  }
}
