import { expect } from 'chai';
import { bodyView } from '../../../src/admin/views/body-view.ts';

describe('a body as the API shows it', () => {
  for (const [what, body, expected] of [
    ['none', null, null],
    ['an empty one', Buffer.alloc(0), { text: '', base64: null, bytes: 0 }],
    ['text', Buffer.from('ä€😀'), { text: 'ä€😀', base64: null, bytes: 9 }],
    ['text with a byte order mark', Buffer.from('\ufeffx'), { text: '\ufeffx', base64: null, bytes: 4 }],
    [
      'NUL and other controls',
      Buffer.from('a\0\u001b[31m'),
      { text: 'a\0\u001b[31m', base64: null, bytes: 7 },
    ],
    [
      'text that is cut within a character',
      Buffer.from('ä€').subarray(0, 4),
      { text: null, base64: 'w6Tigg==', bytes: 4 },
    ],
    ['bytes that are no text', Buffer.from([0xff, 0x00]), { text: null, base64: '/wA=', bytes: 2 }],
    ['an own one', '{"a":"ä"}', { text: '{"a":"ä"}', base64: null, bytes: 10 }],
  ] as const) {
    it(`for ${what}`, () => {
      expect(bodyView(body)).to.deep.equal(expected);
    });
  }
});
