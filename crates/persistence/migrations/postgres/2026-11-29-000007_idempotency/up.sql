-- Answers to requests with an idempotency key.

-- The key is 128 bits of an HMAC over the principal and the key that the client sent. An answer
-- holds ids, states and times, and no other personal data.
create table idempotent_answer (
    request_key    uuid primary key,
    fingerprint    uuid not null,
    answer_version integer not null,
    -- A JSON object of texts, which only the system that answered reads.
    answer         text not null,
    -- When the request was received.
    at             timestamptz not null
);

create index idempotent_answer_at on idempotent_answer (at);
