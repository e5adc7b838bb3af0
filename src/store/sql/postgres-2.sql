create table cached_response (
  id text primary key,
  stored_ms bigint not null,
  expires_ms bigint not null,
  used_ms bigint not null,
  bytes bigint not null,
  body bytea not null
);
create index cached_response_used on cached_response (used_ms);
