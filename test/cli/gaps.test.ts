import { expect } from 'chai';
import { recordGaps } from '../../src/relay/events/gaps.ts';
import { type Project, project } from './project.ts';

describe('rowhook gaps', function () {
  this.timeout(60_000);
  let crm: Project;
  beforeEach(async () => {
    crm = await project();
    await crm.json('install');
  });
  afterEach(() => crm.remove());

  /** As the relay notes them. */
  async function gap(table: string, kind: 'truncate' | 'bypassed', transactions: number): Promise<void> {
    const { rows } = await crm.database.query('select id from rowhook.capture where table_name = $1', [
      table,
    ]);
    const at = (minute: number) => new Date(Date.UTC(2026, 0, 2, 3, minute));
    const noted = { captureId: rows[0]!.id, kind, firstAt: at(4), lastAt: at(5), transactions, told: false };
    await recordGaps(crm.database, [noted]);
  }

  it('lists what gave no events, and says what may be missing and since when, until that is known', async () => {
    await gap('"public"."tags"', 'bypassed', 3);
    await gap('"public"."people"', 'truncate', 5_000);
    const listed = await crm.rowhook('gaps');
    expect(listed.stdout.split('\n')[0]).to.match(
      /^table +kind +transactions +first at +last at +what is missing$/,
    );
    expect(listed.stdout)
      .to.match(/^public\.people +truncate +1000 or more .* receivers may have records that are gone$/m)
      .and.match(
        /^public\.tags +bypassed +3 +2026-01-02T03:04:00\.000Z +2026-01-02T03:05:00\.000Z +receivers/m,
      );

    const refused = await crm.rowhook('gaps', 'clear', '--table', 'persons');
    expect(refused.code).to.equal(1);
    expect(refused.stderr)
      .to.match(/^error table_unknown: public\.persons is not captured; these are: .*public\.people, /)
      .and.contain('→ Name the table as');
    const known = await crm.json<Array<{ table: string }>>('gaps', 'clear', '--table', 'people');
    expect(known.map(({ table }) => table)).to.deep.equal(['public.people']);
    expect(await crm.json('gaps', 'list')).to.deep.equal([
      {
        table: 'public.tags',
        kind: 'bypassed',
        transactions: 3,
        firstAt: '2026-01-02T03:04:00.000Z',
        lastAt: '2026-01-02T03:05:00.000Z',
        missing: 'receivers may lack what was created, changed or deleted',
      },
    ]);
    expect((await crm.rowhook('gaps', 'clear')).stdout).to.match(/^public\.tags/m);
    expect((await crm.rowhook('gaps')).stdout).to.equal('There are none.\n');
  });
});
