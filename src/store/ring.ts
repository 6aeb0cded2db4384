/**
 * SQL that rings the bell of a channel when its transaction commits. Only a hint: whoever listens also polls. A queue of notifications
 * that is full (one of the application's listeners may have been in a transaction for long) would fail the commit; so nobody rings
 * who finds it half full, as rowhook.ring() does not.
 *
 * @param by SQL of a text that says who rang; default: nobody says so
 */
export const ringText = (channel: 'rowhook' | 'rowhook_delivery', by = `''`): string =>
  `select pg_notify('${channel}', ${by}) where pg_notification_queue_usage() < 0.5`;
