-- Members and upgrade cases.

create table members (
    member_id        text primary key,
    arrangement_id   text not null unique,
    product_name     text not null,
    registered_level text,
    confirmed_level  text,
    target_level     text
) strict, without rowid;

create table upgrade_case (
    case_id         blob primary key,
    member_id       text not null references members (member_id),
    attempt         integer not null check (attempt >= 1),
    state           text not null
        check (state = 'New' or state = 'EDDASuccess' or state = 'EDDAFailure'
            or state = 'CustomerSuccess' or state = 'CustomerFailure'),
    version         integer not null check (version >= 1),
    qr_serial       integer not null check (qr_serial >= 1),
    qr_expires_at   integer not null,
    opened_at       integer not null,
    check_source    text check (check_source = 'EDDA' or check_source = 'VA'),
    check_reference text,
    checked_at      integer,
    decided_at      integer,
    target_level    text,
    unique (member_id, attempt)
) strict, without rowid;

-- At most one open case per member, also with concurrent requests.
create unique index upgrade_case_one_open on upgrade_case (member_id)
    where state = 'New' or state = 'EDDASuccess';

-- Every reference of a check that was ever accepted belongs to one case. A foreign key would only
-- look up the same case again.
create table upgrade_check (
    source    text not null check (source = 'EDDA' or source = 'VA'),
    reference text not null,
    case_id   blob not null,
    primary key (source, reference)
) strict, without rowid;

create table upgrade_qr (
    token_hash blob primary key,
    case_id    blob not null references upgrade_case (case_id),
    serial     integer not null,
    unique (case_id, serial)
) strict, without rowid;

-- Written in one transaction with its state transition, and never deleted. A foreign key would only
-- look up the same case again.
create table upgrade_history (
    case_id       blob not null,
    version       integer not null,
    from_state    text check (from_state = 'New' or from_state = 'EDDASuccess'
            or from_state = 'EDDAFailure' or from_state = 'CustomerSuccess'
            or from_state = 'CustomerFailure'),
    to_state      text not null
        check (to_state = 'New' or to_state = 'EDDASuccess' or to_state = 'EDDAFailure'
            or to_state = 'CustomerSuccess' or to_state = 'CustomerFailure'),
    why           text not null,
    actor_issuer  text not null,
    actor_subject text not null,
    actor_kind    text not null check (actor_kind = 'HUMAN' or actor_kind = 'SYSTEM'),
    at            integer not null,
    correlation   text not null,
    primary key (case_id, version)
) strict, without rowid;

create trigger upgrade_history_no_update before update on upgrade_history
begin
    select raise(abort, 'upgrade_history is append-only');
end;
create trigger upgrade_history_no_delete before delete on upgrade_history
begin
    select raise(abort, 'upgrade_history is append-only');
end;
