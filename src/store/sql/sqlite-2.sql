create table cached_response (
  id text primary key,
  stored_ms integer not null,
  expires_ms integer not null,
  used_ms integer not null,
  bytes integer not null,
  body blob not null
) strict;
create index cached_response_used on cached_response (used_ms);
