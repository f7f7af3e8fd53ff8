-- Answers to requests with an idempotency key.

-- The key is 128 bits of an HMAC over the principal and the key that the client sent. An answer
-- holds ids, states and times, and no other personal data.
-- With rowid: rows are only appended, and the keys, which are random, are in a small index.
create table idempotency_replay (
    request_key    blob not null unique,
    fingerprint    blob not null,
    answer_version integer not null,
    -- A JSON object of texts, which only the system that answered reads.
    answer         text not null,
    -- When the request was received.
    at             integer not null
) strict;

create index idempotency_replay_at on idempotency_replay (at);
