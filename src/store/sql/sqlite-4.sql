-- What the answers add up to, kept where they are: several workers write and drop them, and to add them up reads all.
create table cached_size (
  entries integer not null,
  bytes integer not null
) strict;
insert into cached_size (entries, bytes) select count(*), coalesce(sum(bytes), 0) from cached_response;
create trigger cached_response_kept after insert on cached_response
begin
  update cached_size set entries = entries + 1, bytes = bytes + new.bytes;
end;
create trigger cached_response_dropped after delete on cached_response
begin
  update cached_size set entries = entries - 1, bytes = bytes - old.bytes;
end;
