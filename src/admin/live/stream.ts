import type { Listener, Live } from './live.ts';
import type { LiveMessage } from './messages.ts';

export interface StreamParts extends Pick<Listener, 'topics' | 'endpointId'> {
  readonly live: Live;
  readonly lastEventId: string | undefined;
  /** Asked now and then; false ends the stream. */
  stillSignedIn(): Promise<boolean>;
  /** Ends the stream. */
  readonly closing: AbortSignal;
  /** Called once, when it has ended. */
  ended(): void;
  /** Milliseconds between two signs of life. Default: 15,000. */
  readonly heartbeatMs?: number | undefined;
  /** Bytes that wait for whoever reads, at most. Default: 512 KiB. */
  readonly waitingMost?: number | undefined;
}

const heartbeatDefaultMs = 15_000;
const waitingDefault = 512 * 1_024;
/** How long a browser's EventSource waits before it comes back. */
const retryMs = 2_000;

const encoder = new TextEncoder();

/**
 * What is told, as server-sent events (https://html.spec.whatwg.org/multipage/server-sent-events.html). Whoever reads slowly is dropped, not
 * waited for: what waits for him is bounded, and he can come back.
 */
export function liveStream(parts: StreamParts): ReadableStream<Uint8Array> {
  const { live, lastEventId, topics, endpointId, closing } = parts;
  const { heartbeatMs = heartbeatDefaultMs, waitingMost = waitingDefault } = parts;
  let end = (): void => {};

  return new ReadableStream<Uint8Array>(
    {
      start(controller) {
        let isOver = false;
        let leave = (): void => {};
        end = () => {
          if (isOver) return;
          isOver = true;
          leave();
          clearInterval(heartbeat);
          closing.removeEventListener('abort', close);
          parts.ended();
        };
        const close = () => {
          if (isOver) return;
          end();
          controller.close();
        };
        const send = (text: string) => {
          if (isOver) return;
          if ((controller.desiredSize ?? 0) <= 0) {
            end();
            controller.error(new Error('a live view was read too slowly'));
            return;
          }
          controller.enqueue(encoder.encode(text));
        };
        const heartbeat = setInterval(() => {
          send(':\n\n');
          parts.stillSignedIn().then(
            (is) => is || close(),
            () => close(),
          );
        }, heartbeatMs);
        closing.addEventListener('abort', close);
        send(`retry: ${retryMs}\n\n`);
        leave = live.join({ topics, endpointId, hear: (message) => send(eventText(message)) }, lastEventId);
        // It may have been too much at once.
        if (isOver) leave();
        if (closing.aborted) close();
      },
      cancel: () => end(),
    },
    new ByteLengthQueuingStrategy({ highWaterMark: waitingMost }),
  );
}

// JSON has no line ends of its own.
const eventText = ({ id, topic, data }: LiveMessage): string =>
  `id: ${id}\nevent: ${topic}\ndata: ${data}\n\n`;
