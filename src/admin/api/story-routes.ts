import { createRoute, type OpenAPIHono, z } from '@hono/zod-openapi';
import { explainRecord } from '../../explain/explain.ts';
import { type AdminEnv, type AdminParts, answer, problems } from '../http/app.ts';
import { id, sought, story, time } from '../shapes/common.ts';
import { storyView } from '../views/story-view.ts';

const recordStory = createRoute({
  operationId: 'getRecordStory',
  method: 'get',
  path: '/records/{record}/story',
  summary: 'What became of the changes of a record: `person:412`.',
  tags: ['events'],
  request: {
    params: z.object({ record: sought(1_200).min(1) }),
    query: z.object({
      since: time.optional().openapi({ description: 'From then on. Default: a day ago.' }),
      endpoint: id.optional().openapi({ description: 'Why did this endpoint get it, or not.' }),
    }),
  },
  responses: { 200: answer(story, 'Its story.'), ...problems(404, 422) },
});

export function storyRoutes(api: OpenAPIHono<AdminEnv>, { db, catalog }: AdminParts): void {
  api.openapi(recordStory, async (c) => {
    const { record } = c.req.valid('param');
    const { since, endpoint } = c.req.valid('query');
    const from = since === undefined ? undefined : new Date(since);
    return c.json(
      storyView(await explainRecord(db, catalog, { name: record, since: from }, { endpoint })),
      200,
    );
  });
}
