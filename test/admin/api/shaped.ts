import { expect } from 'chai';
import type { z } from 'zod';
import type { Answer } from '../admin-kit.ts';

/** The body of an answer that is as its schema says, and has nothing besides. */
export function shaped<Schema extends z.ZodType>(
  schema: Schema,
  answer: Answer,
  status = 200,
): z.output<Schema> {
  expect(answer.status, JSON.stringify(answer.body)).to.equal(status);
  const parsed = schema.parse(answer.body);
  expect(answer.body).to.deep.equal(parsed);
  return parsed;
}

/** An answer that says no, in short. */
export function refusal({ status, headers, body }: Answer): Record<string, unknown> {
  expect(headers.get('content-type')).to.equal('application/problem+json');
  expect(body).to.have.any.keys('detail');
  return { status, code: body.code, ...(body.where === undefined ? {} : { where: body.where }) };
}

/** Texts that would do harm wherever they are taken for something else than texts. */
export const hostile = [
  `<script>alert(1)</script>`,
  `"><img src=x onerror=alert(1)>`,
  `javascript:alert(1)`,
  `{{constructor.constructor('x')()}} \${x} %00 '; drop table rowhook.endpoint; --`,
  `\u202eevil\u2066 \u0007 \ud83d\ude00 \u2028 line`,
] as const;
