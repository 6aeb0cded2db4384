import { Webhook } from 'standardwebhooks';
import { deliveries, delivery } from '../../../admin/texts/deliveries.ts';
import { webhooks } from '../../../admin/texts/webhooks.ts';
import type { Locator, Page } from '../../support/browser.ts';
import type { ReceivedRequest } from '../../support/receiver.ts';
import { waitUntil } from '../../support/wait.ts';

/* What a person sees and takes hold of, by the roles and names that the page gives to it. */

/** The row of a webhook in their list. */
export const webhookRow = (page: Page, text: string): Locator =>
  page.getByRole('table', { name: webhooks.list.label }).getByRole('row').filter({ hasText: text });

/** The rows of the list of deliveries that show all of these texts; the newest first. */
export function deliveryRows(page: Page, ...texts: readonly string[]): Locator {
  return texts.reduce(
    (rows, hasText) => rows.filter({ hasText }),
    page
      .getByRole('grid', { name: deliveries.list })
      .getByRole('row')
      .filter({ has: page.getByRole('gridcell') }),
  );
}

/** Chooses from a menu that is open. */
export const choose = (page: Page, item: string): Promise<void> =>
  page.getByRole('menuitem', { name: item, exact: true }).click();

/** What is open beside a list, by its heading. */
export const panel = (page: Page, heading: string): Locator =>
  page.getByRole('complementary', { name: heading });

/** Waits until that has the focus, which it gets a moment after one sees it: keys go where the focus is. */
export const inPanel = (page: Page, heading: string): Promise<void> =>
  panel(page, heading).locator(':focus').waitFor();

/** Waits until the clipboard holds this text, or one like this, and returns it: a page writes to it a moment after the press. */
export const copied = (page: Page, what: string | RegExp): Promise<string> =>
  waitUntil(
    async () => {
      const text = String(await page.evaluate('navigator.clipboard.readText()'));
      return (typeof what === 'string' ? text === what : what.test(text)) && text;
    },
    { what: `${what} to be copied` },
  );

/** Request and response of the attempt that is open. */
export const request = (page: Page): Locator => page.getByRole('region', { name: delivery.request });
export const response = (page: Page): Locator => page.getByRole('region', { name: delivery.response });

/** Whether a receiver with this secret takes the request, by the library of Standard Webhooks. */
export function verifies({ headers, body }: ReceivedRequest, secret: string): boolean {
  try {
    new Webhook(secret).verify(body.toString(), headers as Record<string, string>);
    return true;
  } catch {
    return false;
  }
}
