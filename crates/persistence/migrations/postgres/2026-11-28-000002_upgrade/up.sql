-- Members and upgrade cases.

create table members (
    member_id        text primary key,
    arrangement_id   text not null unique,
    product_name     text not null,
    registered_level text,
    confirmed_level  text,
    target_level     text
);

create table upgrade_case (
    case_id         uuid primary key,
    member_id       text not null references members (member_id),
    attempt         integer not null check (attempt >= 1),
    state           text not null
        check (state in ('New', 'EDDASuccess', 'EDDAFailure', 'CustomerSuccess', 'CustomerFailure')),
    version         integer not null check (version >= 1),
    qr_serial       integer not null check (qr_serial >= 1),
    qr_expires_at   timestamptz not null,
    opened_at       timestamptz not null,
    check_source    text check (check_source in ('EDDA', 'VA')),
    check_reference text,
    checked_at      timestamptz,
    decided_at      timestamptz,
    target_level    text,
    unique (member_id, attempt)
);

-- At most one open case per member, also with concurrent requests.
create unique index upgrade_case_one_open on upgrade_case (member_id)
    where state in ('New', 'EDDASuccess');

-- Every reference of a check that was ever accepted belongs to one case. A foreign key would only
-- look up the same case again.
create table upgrade_check (
    source    text not null check (source in ('EDDA', 'VA')),
    reference text not null,
    case_id   uuid not null,
    primary key (source, reference)
);

create table upgrade_qr (
    token_hash bytea primary key,
    case_id    uuid not null references upgrade_case (case_id),
    serial     integer not null,
    unique (case_id, serial)
);

-- Written in one statement with its state transition, and never deleted. A foreign key would only
-- look up the same case again.
create table upgrade_history (
    case_id       uuid not null,
    version       integer not null,
    from_state    text check (from_state in ('New', 'EDDASuccess', 'EDDAFailure', 'CustomerSuccess', 'CustomerFailure')),
    to_state      text not null
        check (to_state in ('New', 'EDDASuccess', 'EDDAFailure', 'CustomerSuccess', 'CustomerFailure')),
    why           text not null,
    actor_issuer  text not null,
    actor_subject text not null,
    actor_kind    text not null check (actor_kind in ('HUMAN', 'SYSTEM')),
    at            timestamptz not null,
    correlation   text not null,
    primary key (case_id, version)
);

create trigger upgrade_history_append_only before update or delete or truncate on upgrade_history
    for each statement execute function madoguchi_append_only();
