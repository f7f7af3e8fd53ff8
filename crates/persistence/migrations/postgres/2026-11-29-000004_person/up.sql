-- Persons, the versions of their contact details, and the mail settings of their accounts.

create table account (
    account_id        text primary key,
    mail_notification boolean not null
);

create table person (
    person_id         text primary key,
    account_id        text not null references account (account_id),
    -- The account, if it may have no other person: where the configuration says so.
    unique_account_id text unique,
    locale            text,
    -- No foreign key: erasing the data key erases what is sealed, and the person stays.
    data_key_id       uuid not null unique,
    external_identity bytea,
    version           integer not null check (version >= 1)
);

create index person_of_account on person (account_id);

-- Every version of a person's contact details, sealed. The one with the person's version is valid.
create table person_version (
    version_id    uuid primary key,
    data_key_id   uuid not null references person (data_key_id),
    version       integer not null,
    email         bytea,
    phone         bytea,
    -- Who stopped mail, when and why; all null if mail is not stopped.
    stop_reason   bytea,
    stop_issuer   text,
    stop_subject  text,
    stop_kind     text,
    stop_at       timestamptz,
    actor_issuer  text not null,
    actor_subject text not null,
    actor_kind    text not null,
    at            timestamptz not null,
    correlation   text not null,
    unique (data_key_id, version)
);

create trigger person_version_append_only before update or delete or truncate on person_version
    for each statement execute function madoguchi_append_only();
