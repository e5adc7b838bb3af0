create table budget_owner (
  id text primary key,
  renewed_ms bigint not null,
  expires_ms bigint not null
);

create table budget_balance (
  bucket text primary key,
  account text not null,
  window_index bigint not null,
  cap bigint not null,
  spent bigint not null default 0,
  held bigint not null default 0,
  leased bigint not null default 0
);

create table budget_slice (
  owner text not null,
  bucket text not null,
  amount bigint not null,
  primary key (owner, bucket)
);

create table budget_hold (
  hold_id text not null,
  bucket text not null,
  owner text not null,
  account text not null,
  window_index bigint not null,
  amount bigint not null check (amount > 0),
  primary key (hold_id, bucket)
);
create index budget_hold_owner on budget_hold (owner);

create table journal (
  seq bigint generated always as identity primary key,
  wall_ms bigint not null,
  kind text not null check (kind in ('reserve', 'settle', 'release', 'expire', 'adjust')),
  hold_id text not null,
  bucket text not null,
  from_side text not null,
  to_side text not null,
  amount bigint not null check (amount > 0),
  unique (hold_id, bucket, kind)
);
create index journal_bucket on journal (bucket, wall_ms);
create function journal_is_append_only() returns trigger language plpgsql as $$
begin
  raise exception 'the journal is append-only';
end $$;
create trigger journal_is_append_only before update on journal
  for each row execute function journal_is_append_only();

create table api_key (
  id text primary key,
  hash text not null unique,
  record text not null
);

create table usage_row (
  request_id text primary key,
  wall_ms bigint not null,
  day text not null,
  key_id text not null,
  user_id text not null,
  team_id text not null,
  surface text not null,
  provider text not null,
  model text not null,
  input_tokens bigint not null,
  cache_read_tokens bigint not null,
  cache_write_tokens bigint not null,
  output_tokens bigint not null,
  cost_micro_usd bigint not null,
  is_estimated bigint not null
);
create index usage_row_time on usage_row (wall_ms);
