/** Where the page is mounted, as the server wrote it into the document: '' or '/admin'. Never with a slash at its end. */
export const base = (
  document.querySelector<HTMLMetaElement>('meta[name="rowhook-base"]')?.content ?? ''
).replace(/\/+$/, '');
