-- Persons, the versions of their contact details, and the mail settings of their accounts.

create table account (
    account_id        text primary key,
    mail_notification integer not null check (mail_notification = 0 or mail_notification = 1)
) strict, without rowid;

create table person (
    person_id         text primary key,
    account_id        text not null references account (account_id),
    -- The account, if it may have no other person: where the configuration says so.
    unique_account_id text unique,
    locale            text,
    -- No foreign key: erasing the data key erases what is sealed, and the person stays.
    data_key_id       blob not null unique,
    external_identity blob,
    version           integer not null check (version >= 1)
) strict, without rowid;

create index person_of_account on person (account_id);

-- Every version of a person's contact details, sealed. The one with the person's version is valid.
create table person_version (
    version_id    blob primary key,
    data_key_id   blob not null references person (data_key_id),
    version       integer not null,
    email         blob,
    phone         blob,
    -- Who stopped mail, when and why; all null if mail is not stopped.
    stop_reason   blob,
    stop_issuer   text,
    stop_subject  text,
    stop_kind     text,
    stop_at       integer,
    actor_issuer  text not null,
    actor_subject text not null,
    actor_kind    text not null,
    at            integer not null,
    correlation   text not null,
    unique (data_key_id, version)
) strict, without rowid;

create trigger person_version_no_update before update on person_version
begin
    select raise(abort, 'person_version is append-only');
end;
create trigger person_version_no_delete before delete on person_version
begin
    select raise(abort, 'person_version is append-only');
end;
