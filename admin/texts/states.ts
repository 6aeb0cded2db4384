/** The words for states, and what they mean. */
export const states = {
  active: { word: 'Active', hint: 'Events are sent to it.' },
  failing: { word: 'Failing', hint: 'Its receiver does not take what is sent.' },
  paused: { word: 'Paused', hint: 'Nothing is sent; events are held until it is resumed.' },
  disabled: { word: 'Disabled', hint: 'Nothing is sent, and new events are not kept for it.' },
  due: {
    word: 'Due',
    hint: 'Waits to be sent: for its turn, or until its webhook is resumed or its receiver is well again.',
  },
  behind: { word: 'In line', hint: 'Waits for an earlier delivery of the same record.' },
  sending: { word: 'Sending', hint: 'A request is under way.' },
  waiting: { word: 'Retrying', hint: 'The last attempt failed; the next one has a time.' },
  retry: { word: 'Failed', hint: 'This attempt failed; another one follows.' },
  succeeded: { word: 'Delivered', hint: 'The receiver took it.' },
  exhausted: { word: 'Failed', hint: 'All attempts failed; no other one follows.' },
  dropped: { word: 'Dropped', hint: 'Given up before it came to an end.' },
  running: { word: 'Running', hint: 'It goes on in the background, also after a restart.' },
  done: { word: 'Done', hint: 'All of it was put back into the queue.' },
  cancelled: { word: 'Cancelled', hint: 'Stopped by somebody; what was put back already is sent.' },
  failed: { word: 'Failed', hint: 'It ended by an error.' },
} as const;
