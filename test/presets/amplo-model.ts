import fc from 'fast-check';

/*
 * What an application may do to campaigns and donations of several entities, and what the world must see of it. Written from the
 * specification: it knows nothing of outboxes, pages and net effects.
 */

export type Op =
  | { readonly do: 'start'; readonly campaign: number; readonly entity: number }
  | { readonly do: 'give'; readonly donation: number; readonly campaign: number }
  | { readonly do: 'change' | 'mark' | 'unmark' | 'remove'; readonly kind: Kind; readonly nr: number }
  | { readonly do: 'roll up' | 'move'; readonly campaign: number; readonly entity: number }
  | { readonly do: 'redirect'; readonly donation: number; readonly campaign: number };

export type Kind = 'campaign' | 'donation';

/** Several changes in one transaction, which is committed or rolled back. */
export interface Transaction {
  readonly ops: readonly Op[];
  readonly commits: boolean;
}

/** Transactions after each of which, or after several, the relay comes to read. */
export interface History {
  readonly batches: ReadonlyArray<readonly Transaction[]>;
}

export const entityCount = 4;
const campaignCount = 5;
const donationCount = 7;

const entity = fc.nat(entityCount - 1);
const campaign = fc.nat(campaignCount - 1);
const donation = fc.nat(donationCount - 1);
const object = fc.oneof(
  fc.record({ kind: fc.constant<Kind>('campaign'), nr: campaign }),
  fc.record({ kind: fc.constant<Kind>('donation'), nr: donation }),
);
const op: fc.Arbitrary<Op> = fc.oneof(
  { weight: 4, arbitrary: fc.record({ do: fc.constant('start' as const), campaign, entity }) },
  { weight: 5, arbitrary: fc.record({ do: fc.constant('give' as const), donation, campaign }) },
  {
    weight: 7,
    arbitrary: fc
      .tuple(
        fc.constantFrom('change' as const, 'change' as const, 'mark' as const, 'unmark' as const),
        object,
      )
      .map(([what, of]) => ({ do: what, ...of })),
  },
  { weight: 2, arbitrary: object.map((of) => ({ do: 'remove' as const, ...of })) },
  { weight: 4, arbitrary: fc.record({ do: fc.constant('move' as const), campaign, entity }) },
  { weight: 1, arbitrary: fc.record({ do: fc.constant('roll up' as const), campaign, entity }) },
  { weight: 3, arbitrary: fc.record({ do: fc.constant('redirect' as const), donation, campaign }) },
);

const transaction: fc.Arbitrary<Transaction> = fc.record({
  ops: fc.array(op, { minLength: 1, maxLength: 4 }),
  commits: fc.integer({ min: 0, max: 7 }).map((n) => n > 0),
});

/** Most campaigns and donations are there from the beginning, so that there is something to be done to them. */
const beginning: fc.Arbitrary<Transaction> = fc
  .tuple(
    fc.array(entity, { minLength: campaignCount - 1, maxLength: campaignCount - 1 }),
    fc.array(fc.nat(campaignCount - 2), { minLength: donationCount - 2, maxLength: donationCount - 2 }),
  )
  .map(([owners, campaigns]) => ({
    ops: [
      ...owners.map((owner, nr): Op => ({ do: 'start', campaign: nr, entity: owner })),
      ...campaigns.map((given, nr): Op => ({ do: 'give', donation: nr, campaign: given })),
    ],
    commits: true,
  }));

export const history: fc.Arbitrary<History> = fc
  .tuple(
    beginning,
    fc.array(fc.array(transaction, { minLength: 1, maxLength: 10, size: 'max' }), {
      minLength: 1,
      maxLength: 3,
      size: 'max',
    }),
  )
  .map(([first, batches]) => ({ batches: [[first], ...batches] }));

interface Row {
  /** Rises with what counts as a change. */
  version: number;
  marked: boolean;
  removed: boolean;
  /** Of a campaign: the number of its entity. Of a donation: that of its campaign. */
  owner: number;
}

/** An event as the world must see it. */
export interface Raised {
  readonly kind: Kind;
  readonly nr: number;
  readonly action: 'create' | 'update' | 'delete';
}

/** The rows of one history. Rows that are removed do not come back: their ids are not used again. */
export class Model {
  campaigns = new Map<number, Row>();
  donations = new Map<number, Row>();

  /** Whether there is something that the change could be made to. */
  canDo(op: Op): boolean {
    const there = (rows: ReadonlyMap<number, Row>, nr: number) => rows.get(nr)?.removed === false;
    switch (op.do) {
      case 'start':
        return !this.campaigns.has(op.campaign);
      case 'give':
        return !this.donations.has(op.donation) && there(this.campaigns, op.campaign);
      case 'roll up':
      case 'move':
        return there(this.campaigns, op.campaign);
      case 'redirect':
        return there(this.donations, op.donation) && there(this.campaigns, op.campaign);
      default:
        return there(this.#rows(op.kind), op.nr);
    }
  }

  do(op: Op): void {
    switch (op.do) {
      case 'start':
        this.campaigns.set(op.campaign, { version: 0, marked: false, removed: false, owner: op.entity });
        return;
      case 'give':
        this.donations.set(op.donation, { version: 0, marked: false, removed: false, owner: op.campaign });
        return;
      case 'roll up':
        return;
      case 'move':
        // Whose it is, is no attribute of a campaign: so this is no change of it.
        this.campaigns.get(op.campaign)!.owner = op.entity;
        return;
      case 'redirect': {
        const row = this.donations.get(op.donation)!;
        // To write a row as it was is no change.
        if (row.owner !== op.campaign) row.version += 1;
        row.owner = op.campaign;
        return;
      }
      case 'change':
        this.#rows(op.kind).get(op.nr)!.version += 1;
        return;
      case 'mark':
      case 'unmark':
        mark(this.#rows(op.kind).get(op.nr)!, op.do === 'mark');
        return;
      case 'remove':
        this.#rows(op.kind).get(op.nr)!.removed = true;
        if (op.kind === 'donation') return;
        for (const row of this.donations.values()) if (row.owner === op.nr) row.removed = true;
    }
  }

  copy(): Model {
    const copied = new Model();
    const rows = (of: ReadonlyMap<number, Row>) => new Map([...of].map(([nr, row]) => [nr, { ...row }]));
    copied.campaigns = rows(this.campaigns);
    copied.donations = rows(this.donations);
    return copied;
  }

  /** What is seen of the way from an earlier state to this one, in one transaction. */
  raisedSince(before: Model): Raised[] {
    return (['campaign', 'donation'] as const).flatMap((kind) =>
      [...this.#rows(kind)].flatMap(([nr, after]): Raised[] => {
        const earlier = before.#rows(kind).get(nr);
        const [was, is] = [isThere(earlier), isThere(after)];
        if (!was && !is) return [];
        if (was !== is) return [{ kind, nr, action: is ? 'create' : 'delete' }];
        return after.version === earlier!.version ? [] : [{ kind, nr, action: 'update' }];
      }),
    );
  }

  /** The entity that an object belongs to, or belonged to last. */
  entityOf(kind: Kind, nr: number): number {
    if (kind === 'campaign') return this.campaigns.get(nr)!.owner;
    return this.entityOf('campaign', this.donations.get(nr)!.owner);
  }

  #rows(kind: Kind): Map<number, Row> {
    return kind === 'campaign' ? this.campaigns : this.donations;
  }
}

const isThere = (row: Row | undefined): boolean => row !== undefined && !row.marked && !row.removed;

function mark(row: Row, marked: boolean): void {
  // Of what went and came back in one transaction nobody knows what has changed: that is an update.
  if (row.marked !== marked) row.version += 1;
  row.marked = marked;
}
