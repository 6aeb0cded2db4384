-- The reference giving day platform: the database of an application in the manner of Amplo, with sample rows.
-- It is what rowhook is installed beside, and knows nothing of it: no triggers, no functions, no extensions.
-- `updated_at` and the statistics of a campaign are the application's business. Loads in one go, as the role that owns the
-- database, into an empty `public`.
-- Ids are 24 hexadecimal digits, which the application makes; the default is for rows that are inserted by hand.

-- Entities ---------------------------------------------------------------------------------------------------------

-- The tenants: universities, schools, charities, each with campaigns of its own.
create table entities (
  id text primary key default left(replace(gen_random_uuid()::text, '-', ''), 24) check (id ~ '^[0-9a-f]{24}$'),
  name text not null,
  created_at timestamptz not null default now(),
  updated_at timestamptz not null default now()
);

-- People give to campaigns of whichever entity: they belong to none.
create table users (
  id text primary key default left(replace(gen_random_uuid()::text, '-', ''), 24) check (id ~ '^[0-9a-f]{24}$'),
  email text not null unique,
  first_name text not null default '',
  last_name text not null default '',
  created_at timestamptz not null default now(),
  updated_at timestamptz not null default now()
);

-- Campaigns --------------------------------------------------------------------------------------------------------

create table campaigns (
  id text primary key default left(replace(gen_random_uuid()::text, '-', ''), 24) check (id ~ '^[0-9a-f]{24}$'),
  entity_id text not null references entities on delete restrict,
  name text not null,
  url text,
  logo text,
  start_date timestamptz,
  end_date timestamptz,
  status text not null default 'draft' check (status in ('draft', 'active', 'ended')),
  category text,
  campaign_type text not null default 'dollars' check (campaign_type in ('dollars', 'donors', 'votes')),
  allow_subscriptions boolean not null default false,
  -- Rolled up from votes and donations, and written with each of them.
  total_votes integer not null default 0,
  total_donations integer not null default 0,
  total_raised numeric(14, 2) not null default 0,
  average_donation numeric(14, 2) not null default 0,
  join_code integer unique,
  external_id text,
  goal numeric(14, 2) check (goal >= 0),
  member_goal numeric(14, 2) check (member_goal >= 0),
  public boolean not null default true,
  deleted_at timestamptz, -- set: deleted, as far as anybody can see
  created_at timestamptz not null default now(),
  updated_at timestamptz not null default now(),
  check (end_date >= start_date)
);
create index campaigns_entity_id on campaigns (entity_id);

-- Donations --------------------------------------------------------------------------------------------------------

-- What is given stays in the books: the application only marks as deleted. Rows really go when a campaign that was made to try
-- things out is purged, with all that was given to it.
create table donations (
  id text primary key default left(replace(gen_random_uuid()::text, '-', ''), 24) check (id ~ '^[0-9a-f]{24}$'),
  user_id text references users on delete set null,
  beneficiary_type text not null default 'Campaign' check (beneficiary_type = 'Campaign'),
  beneficiary_id text not null references campaigns on delete cascade,
  amount numeric(12, 2) not null check (amount >= 0),
  status text not null default 'pending' check (status in ('pending', 'paid', 'failed', 'refunded')),
  public boolean not null default true,
  donation_type text not null default 'cash' check (donation_type in ('cash', 'credit_card', 'check', 'match')),
  external_id text,
  recurring boolean not null default false,
  auth_code text,
  transact_id text,
  note text,
  check_number text,
  credit_card_fingerprint text,
  tickets text[] not null default '{}',
  refunded boolean not null default false,
  refundable boolean not null default true,
  refund_donation_ids text[] not null default '{}',
  appeal text,
  causes_allocated_to text[] not null default '{}',
  deleted_at timestamptz, -- set: deleted, as far as anybody can see
  created_at timestamptz not null default now(),
  updated_at timestamptz not null default now()
);
create index donations_user_id on donations (user_id);
create index donations_beneficiary_id on donations (beneficiary_id);

-- Sample rows ------------------------------------------------------------------------------------------------------

insert into entities (id, name, created_at, updated_at) values
  ('5f0c1d2e3a4b5c6d7e8f9e01', 'Example University', '2017-09-01 08:00:00+00', '2017-09-01 08:00:00+00'),
  ('5f0c1d2e3a4b5c6d7e8f9e02', 'Hillside School', '2017-09-04 08:00:00+00', '2017-09-04 08:00:00+00'),
  ('5f0c1d2e3a4b5c6d7e8f9e03', 'Harbor Shelter', '2017-09-05 08:00:00+00', '2017-09-05 08:00:00+00');

insert into users (id, email, first_name, last_name, created_at, updated_at) values
  ('5f0c1d2e3a4b5c6d7e8f9aaa', 'maren@example.org', 'Maren', 'Okafor', '2017-10-02 08:00:00+00', '2017-10-02 08:00:00+00'),
  ('5f0c1d2e3a4b5c6d7e8f9aab', 'tobias@example.org', 'Tobias', 'Lindqvist', '2017-10-03 08:00:00+00', '2017-10-03 08:00:00+00');

-- The last one was taken back before anybody gave.
insert into campaigns (id, entity_id, name, url, logo, start_date, end_date, status, category, campaign_type, allow_subscriptions,
  total_votes, total_donations, total_raised, average_donation, join_code, external_id, goal, member_goal, public, deleted_at,
  created_at, updated_at) values
  ('5f0c1d2e3a4b5c6d7e8f9bbb', '5f0c1d2e3a4b5c6d7e8f9e01', 'Robotics Club', 'https://give.example.edu/pages/robotics',
    'https://give.example.edu/r.png', '2017-11-01 12:00:00+00', '2017-11-03 12:00:00+00', 'active', 'Student Organizations',
    'dollars', true, 4, 4, 120.00, 30.00, 482913, 'rc_1', 2500.00, 40.00, true, null,
    '2017-10-05 08:00:00+00', '2017-11-02 09:30:00+00'),
  ('5f0c1d2e3a4b5c6d7e8f9bbc', '5f0c1d2e3a4b5c6d7e8f9e01', 'Rowing Team', 'https://give.example.edu/pages/rowing',
    null, '2017-11-01 12:00:00+00', '2017-11-03 12:00:00+00', 'active', 'Athletics',
    'donors', false, 0, 1, 12.50, 12.50, 482914, null, null, null, true, null,
    '2017-10-06 08:00:00+00', '2017-11-02 10:00:00+00'),
  ('5f0c1d2e3a4b5c6d7e8f9bbd', '5f0c1d2e3a4b5c6d7e8f9e02', 'Library Books', 'https://give.example.edu/pages/books',
    null, '2017-11-01 12:00:00+00', '2017-11-03 12:00:00+00', 'active', 'Schools',
    'dollars', true, 0, 1, 250.00, 250.00, 482915, 'lib-7', 999.99, 25.00, true, null,
    '2017-10-07 08:00:00+00', '2017-11-02 11:00:00+00'),
  ('5f0c1d2e3a4b5c6d7e8f9bbe', '5f0c1d2e3a4b5c6d7e8f9e03', 'Winter Beds', null,
    null, null, null, 'draft', null,
    'dollars', false, 0, 0, 0.00, 0.00, null, null, null, null, false, null,
    '2017-10-08 08:00:00+00', '2017-10-08 08:00:00+00'),
  ('5f0c1d2e3a4b5c6d7e8f9bbf', '5f0c1d2e3a4b5c6d7e8f9e02', 'School Bus', null,
    null, null, null, 'draft', 'Schools',
    'dollars', false, 0, 0, 0.00, 0.00, null, null, 4000.00, null, false, '2017-10-10 12:00:00+00',
    '2017-10-09 08:00:00+00', '2017-10-10 12:00:00+00');

insert into donations (id, user_id, beneficiary_id, amount, status, public, donation_type, external_id, recurring, auth_code,
  transact_id, note, check_number, credit_card_fingerprint, tickets, appeal, causes_allocated_to, created_at, updated_at) values
  ('5f0c1d2e3a4b5c6d7e8f9012', '5f0c1d2e3a4b5c6d7e8f9aaa', '5f0c1d2e3a4b5c6d7e8f9bbb', 35.00, 'paid', true, 'cash', 'gl_88',
    false, null, null, null, null, null, '{}', null, '{}', '2017-11-02 09:00:00+00', '2017-11-02 09:00:00+00'),
  ('5f0c1d2e3a4b5c6d7e8f9013', '5f0c1d2e3a4b5c6d7e8f9aab', '5f0c1d2e3a4b5c6d7e8f9bbb', 40.00, 'paid', true, 'credit_card', null,
    true, 'A-7731', 'tr_1001', null, null, 'fp_9f2', '{}', null, '{}', '2017-11-02 09:10:00+00', '2017-11-02 09:10:00+00'),
  ('5f0c1d2e3a4b5c6d7e8f9014', null, '5f0c1d2e3a4b5c6d7e8f9bbb', 40.00, 'paid', false, 'cash', null,
    false, null, null, 'From the bake sale', null, null, '{}', null, '{}', '2017-11-02 09:20:00+00', '2017-11-02 09:20:00+00'),
  ('5f0c1d2e3a4b5c6d7e8f9015', '5f0c1d2e3a4b5c6d7e8f9aab', '5f0c1d2e3a4b5c6d7e8f9bbb', 5.00, 'paid', true, 'cash', null,
    false, null, null, null, null, null, '{}', null, '{}', '2017-11-02 09:30:00+00', '2017-11-02 09:30:00+00'),
  ('5f0c1d2e3a4b5c6d7e8f9016', '5f0c1d2e3a4b5c6d7e8f9aaa', '5f0c1d2e3a4b5c6d7e8f9bbc', 12.50, 'paid', true, 'check', null,
    false, null, null, null, '0042', null, '{"dinner-1","dinner-2"}', 'letter-3', '{}', '2017-11-02 10:00:00+00',
    '2017-11-02 10:00:00+00'),
  ('5f0c1d2e3a4b5c6d7e8f9017', '5f0c1d2e3a4b5c6d7e8f9aab', '5f0c1d2e3a4b5c6d7e8f9bbd', 250.00, 'paid', true, 'credit_card', null,
    false, 'A-7732', 'tr_1002', null, null, 'fp_9f2', '{}', null, '{"fiction","atlases"}', '2017-11-02 11:00:00+00',
    '2017-11-02 11:00:00+00');
