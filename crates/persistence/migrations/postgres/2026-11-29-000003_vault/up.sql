-- Data keys, blind indexes, and the keys that each node has.

-- The key of one record with personal data. Its rows name it; without it they do not open.
create table data_key (
    data_key_id uuid primary key,
    -- The key-encryption key under which it is wrapped.
    key_id      text not null,
    wrapped     bytea not null
);

create index data_key_of_key on data_key (key_id, data_key_id);

-- For exact search of sealed values: a row for each index key of the key ring at the time.
create table blind_index (
    purpose     text not null,
    digest      bytea not null,
    data_key_id uuid not null,
    -- The index key.
    key_id      text not null,
    primary key (purpose, digest, data_key_id)
);

create index blind_index_of_record on blind_index (data_key_id);
create index blind_index_of_key on blind_index (key_id, data_key_id);

-- What each node last reported of its key ring.
create table key_report (
    node   text not null,
    kind   text not null check (kind in ('key_encryption', 'index')),
    key_id text not null,
    state  text not null check (state in ('active', 'decrypt_only')),
    at     timestamptz not null,
    primary key (node, kind, key_id)
);
