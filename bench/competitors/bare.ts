import { concurrency, endWhenAsked, post } from './post.ts';

/*
 * A bare loop: so many requests at a time, bodies that lie ready, nothing signed, nothing kept. What the HTTP client can do at most.
 */

const url = new URL(process.argv[2] ?? '');
const headers = ['content-type', 'application/json'];
const bodies = Array.from({ length: 1_000 }, (_, i) =>
  Buffer.from(`{"id" : ${i}, "name" : "${'x'.repeat(1_170)}"}`),
);
let next = 0;
let ending = false;

async function loop(): Promise<void> {
  while (!ending) {
    next = (next + 1) % bodies.length;
    await post(url, headers, bodies[next]!);
  }
}

const loops = Array.from({ length: concurrency }, loop);
endWhenAsked(() => {
  ending = true;
  return Promise.all(loops);
});
