/** Slots of the ring, as sql/schema/0001 has it. */
export const outboxSlots = 6;

/** Takes what no slot takes: what belongs into one whose partition is gone. */
export const outboxRest = 'outbox_rest';

export const outboxPartitions = [
  ...Array.from({ length: outboxSlots }, (_, slot) => `outbox_${slot}`),
  outboxRest,
] as const;
