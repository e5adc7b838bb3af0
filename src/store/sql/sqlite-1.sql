create table budget_owner (
  id text primary key,
  renewed_ms integer not null,
  expires_ms integer not null
) strict, without rowid;

create table budget_balance (
  bucket text primary key,
  account text not null,
  window_index integer not null,
  cap integer not null,
  spent integer not null default 0,
  held integer not null default 0,
  leased integer not null default 0
) strict, without rowid;

create table budget_slice (
  owner text not null,
  bucket text not null,
  amount integer not null,
  primary key (owner, bucket)
) strict, without rowid;

create table budget_hold (
  hold_id text not null,
  bucket text not null,
  owner text not null,
  account text not null,
  window_index integer not null,
  amount integer not null check (amount > 0),
  primary key (hold_id, bucket)
) strict, without rowid;
create index budget_hold_owner on budget_hold (owner);

create table journal (
  seq integer primary key autoincrement,
  wall_ms integer not null,
  kind text not null check (kind in ('reserve', 'settle', 'release', 'expire', 'adjust')),
  hold_id text not null,
  bucket text not null,
  from_side text not null,
  to_side text not null,
  amount integer not null check (amount > 0),
  unique (hold_id, bucket, kind)
) strict;
create index journal_bucket on journal (bucket, wall_ms);
create trigger journal_is_append_only before update on journal
begin
  select raise(abort, 'the journal is append-only');
end;

create table api_key (
  id text primary key,
  hash text not null unique,
  record text not null
) strict, without rowid;

create table usage_row (
  request_id text primary key,
  wall_ms integer not null,
  day text not null,
  key_id text not null,
  user_id text not null,
  team_id text not null,
  surface text not null,
  provider text not null,
  model text not null,
  input_tokens integer not null,
  cache_read_tokens integer not null,
  cache_write_tokens integer not null,
  output_tokens integer not null,
  cost_micro_usd integer not null,
  is_estimated integer not null
) strict, without rowid;
create index usage_row_time on usage_row (wall_ms);
