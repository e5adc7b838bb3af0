-- What is too old leaves with each new answer: without an index that reads all that is kept, tens of milliseconds.
create index cached_response_expires on cached_response (expires_ms);
