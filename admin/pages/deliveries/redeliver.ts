import { signal } from '@preact/signals';
import { api } from '../../data/api.ts';
import { canChange } from '../../data/session.ts';
import { deliveries } from '../../texts/deliveries.ts';
import { shell } from '../../texts/shell.ts';
import { toast, toastProblem } from '../../ui/toast.tsx';

/** The one that was put back into the queue last, from wherever: what shows it loads it anew. */
export const redelivered = signal<{ id: string } | null>(null);

/** Sends a delivery once more, and says so; or why it is not. @returns whether it will be sent */
export async function redeliver(id: string): Promise<boolean> {
  if (!canChange.peek()) {
    toast(shell.onlyOperators, { kind: 'error' });
    return false;
  }
  try {
    await api.post(`/deliveries/${id}/redeliver`);
    redelivered.value = { id };
    toast(deliveries.redelivered, { kind: 'ok' });
    return true;
  } catch (error) {
    toastProblem(error);
    return false;
  }
}
