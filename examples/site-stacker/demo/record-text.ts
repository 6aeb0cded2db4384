import { type Json, part } from '../../demo/json.ts';
import { subjectOf } from './records.ts';

/** What a delivery speaks of, for people: `412 Maren Okafor`, `17002 25.00 from Ines Okafor`. */
export function recordText(event: string, body: Json): string {
  const text = (...keys: string[]): string => {
    const found = part(body, ...keys);
    return typeof found === 'string' ? found : '';
  };
  switch (subjectOf(event).kind) {
    case 'ping':
      return `endpoint ${text('hook', 'id')}`;
    case 'person type':
      return `${text('person', 'id')} ${text('person', 'fullname')}: ${text('person_type', 'name')}`;
    case 'tag link':
      return `${text('tag', 'name')} on ${text('model')} ${text('foreign_key')}`;
    case 'record':
      return [text('id'), nameIn(text)].filter(Boolean).join(' ');
  }
}

function nameIn(text: (...keys: string[]) => string): string {
  if (text('amount')) {
    const giver = text('donor', 'fullname') || text('person', 'fullname');
    return giver ? `${text('amount')} from ${giver}` : text('amount');
  }
  if (text('related_person', 'id')) {
    return `${text('person', 'fullname')}, ${text('type', 'label').toLowerCase()} of ${text('related_person', 'fullname')}`;
  }
  const own = text('fullname') || text('item', 'name') || text('name');
  return (
    own || text('email') || [text('address1'), text('city')].filter(Boolean).join(', ') || text('number')
  );
}
