import type { AttemptView, BodyView, DeliveryDetailView } from '../../../src/admin/shapes/delivery.ts';

/** An attempt with what it sent. */
export type ShownAttempt = Omit<AttemptView, 'requestBody'> & {
  /** Null: it is not kept any more. */
  readonly requestBody: BodyView | null;
};

/** The attempts of a delivery, each with its body, of which the answer has one for all that sent the same. Pure. */
export const shownAttempts = ({
  attempts,
  requestBodies,
}: Pick<DeliveryDetailView, 'attempts' | 'requestBodies'>): ShownAttempt[] =>
  attempts.map((attempt) => ({
    ...attempt,
    requestBody: attempt.requestBody === null ? null : (requestBodies[attempt.requestBody] ?? null),
  }));
