import { z } from '@hono/zod-openapi';

/** ISO 8601 in UTC. */
export const time = z.iso.datetime({ offset: true }).openapi({ description: 'ISO 8601 in UTC.' });
export const id = z.string().regex(/^\d{1,18}$/);
export const uuid = z.uuid();

/** A text to look for. NUL is in no text of a database: it would refuse the statement. */
export const sought = (longest: number) =>
  z
    .string()
    .max(longest)
    .refine((text) => !text.includes('\0'), 'Invalid input: has a NUL character in it');

/** A number that is counted only so far: with 10 million waiting nobody needs it exactly. */
export const count = z
  .object({ count: z.int(), atLeast: z.boolean().openapi({ description: 'There are that many or more.' }) })
  .openapi('Count');

/** [name, value], in the order of the wire. */
export const headerList = z.array(z.tuple([z.string(), z.string()]));

/** RFC 9457, with the stable code and what helps. */
export const problem = z
  .object({
    type: z.string(),
    title: z.string(),
    status: z.int(),
    detail: z.string(),
    code: z.string().openapi({ description: 'A stable word: see docs/errors.md.' }),
    fix: z.string().optional(),
    where: z.string().optional().openapi({ description: 'The field that it is about.' }),
  })
  .openapi('Problem');

/** A step of a story, see src/explain/story.ts. */
export interface StepView {
  code: string;
  words: string;
  at: string | null;
  advice: string[];
  facts: Record<string, unknown>;
  steps: StepView[];
}
const step: z.ZodType<StepView> = z
  .lazy(() =>
    z.object({
      code: z.string(),
      words: z.string(),
      at: time.nullable(),
      advice: z.array(z.string()),
      facts: z.record(z.string(), z.unknown()),
      steps: z.array(step),
    }),
  )
  .openapi('Step');
export const story = z.object({ answer: z.string(), steps: z.array(step) }).openapi('Story');

export type CountView = z.infer<typeof count>;
export type Problem = z.infer<typeof problem>;
export type StoryView = z.infer<typeof story>;
