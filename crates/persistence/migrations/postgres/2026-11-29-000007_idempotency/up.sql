-- Answers to requests with an idempotency key.

-- The key is 128 bits of an HMAC over the principal and the key that the client sent. An answer
-- holds ids, states and times, and no other personal data.
create table idempotency_replay (
    request_key    uuid primary key,
    fingerprint    uuid not null,
    answer_version integer not null,
    -- A JSON object of texts, which only the system that answered reads.
    answer         text not null,
    -- When the request was received.
    at             timestamptz not null
);

create index idempotency_replay_at on idempotency_replay (at);

-- Rows live for a day: without this, a large table would be vacuumed only when a fifth of it is dead.
alter table idempotency_replay
    set (autovacuum_vacuum_scale_factor = 0, autovacuum_vacuum_threshold = 100000);
