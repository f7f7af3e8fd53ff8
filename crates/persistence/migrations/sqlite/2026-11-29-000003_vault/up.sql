-- Data keys, blind indexes, and the keys that each node has.

-- The key of one record with personal data. Its rows name it; without it they do not open.
create table data_key (
    data_key_id blob primary key,
    -- The key-encryption key under which it is wrapped.
    key_id      text not null,
    wrapped     blob not null
) strict, without rowid;

create index data_key_of_key on data_key (key_id, data_key_id);

-- For exact search of sealed values: a row for each index key of the key ring at the time.
create table blind_index (
    purpose     text not null,
    digest      blob not null,
    data_key_id blob not null,
    -- The index key.
    key_id      text not null,
    primary key (purpose, digest, data_key_id)
) strict, without rowid;

create index blind_index_of_record on blind_index (data_key_id);
create index blind_index_of_key on blind_index (key_id, data_key_id);

-- What each node last reported of its key ring.
create table key_report (
    node   text not null,
    kind   text not null check (kind = 'key_encryption' or kind = 'index'),
    key_id text not null,
    state  text not null check (state = 'active' or state = 'decrypt_only'),
    at     integer not null,
    primary key (node, kind, key_id)
) strict, without rowid;
