import { expect } from 'chai';
import fc from 'fast-check';
import { eventReader } from '../../../admin/data/sse.ts';

describe('server-sent events', () => {
  it('are read with names, several lines of data, comments and any line end', () => {
    const read = eventReader();
    expect(read(': hello\n\nevent: queue\ndata: {"a":1}\n\n')).to.deep.equal([
      { event: 'queue', data: '{"a":1}' },
    ]);
    expect(read('data: one\r\ndata:two\r\nid: 7\r\n\r\n')).to.deep.equal([
      { event: 'message', data: 'one\ntwo' },
    ]);
  });

  it('are none without data', () => {
    expect(eventReader()('event: queue\n\n')).to.deep.equal([]);
  });

  it('are the same wherever the stream is cut', () => {
    const whole = ': beat\n\nevent: bulk\ndata: {"id":"9","text":"ä\\n"}\n\ndata: x\ndata:  y\n\n';
    const expected = eventReader()(whole);
    expect(expected).to.have.length(2);
    fc.assert(
      fc.property(fc.array(fc.nat(whole.length), { maxLength: 12 }), (cuts) => {
        const read = eventReader();
        const ends = [...cuts.sort((a, b) => a - b), whole.length];
        const found = ends.flatMap((end, index) => read(whole.slice(ends[index - 1] ?? 0, end)));
        expect(found).to.deep.equal(expected);
      }),
    );
  });
});
