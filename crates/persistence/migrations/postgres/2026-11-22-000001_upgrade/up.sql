-- Members, upgrade cases, core-bank effects and the audit log.

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

-- One check belongs to one case.
create unique index upgrade_case_one_check on upgrade_case (check_source, check_reference)
    where check_source is not null;

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

create table core_bank_effect (
    case_id         uuid primary key references upgrade_case (case_id),
    member_id       text not null,
    arrangement_id  text not null,
    product_name    text not null,
    level           text not null,
    transaction_id  text not null unique,
    txn_no          text not null,
    state           text not null
        check (state in ('Planned', 'Sending', 'Unknown', 'Confirmed', 'Rejected', 'Manual')),
    fence           integer not null,
    worker          text,
    -- Planned: when to send. Sending: when the lease ends. Unknown: when a retry is allowed.
    due_at          timestamptz,
    code            text,
    unsent          integer not null,
    ambiguous       integer not null,
    -- Total time that the outcome was unknown, in microseconds.
    ambiguous_us    bigint not null,
    planned_at      timestamptz not null,
    since           timestamptz not null
);

-- Effects of one arrangement run one at a time.
create unique index core_bank_effect_one_live on core_bank_effect (arrangement_id)
    where state in ('Planned', 'Sending', 'Unknown', 'Manual');

create index core_bank_effect_due on core_bank_effect (state, due_at)
    where state in ('Planned', 'Sending', 'Unknown', 'Manual');

-- Effects that were claimed before and will be sent again; a late proof may exist.
create index core_bank_effect_again on core_bank_effect (state, fence)
    where state = 'Planned' and fence > 0;

create table core_bank_evidence (
    evidence_id bigint generated always as identity primary key,
    case_id     uuid not null references core_bank_effect (case_id),
    fence       integer not null,
    worker      text not null,
    outcome     text not null,
    detail      text not null,
    at          timestamptz not null
);

create index core_bank_evidence_of_case on core_bank_evidence (case_id);

create table audit_head (
    stream integer primary key,
    seq    bigint not null,
    link   bytea not null
);

create table audit_entry (
    stream        integer not null,
    seq           bigint not null,
    action        text not null,
    about_kind    text not null,
    about_id      text not null,
    detail        text not null,
    actor_issuer  text not null,
    actor_subject text not null,
    actor_kind    text not null,
    at            timestamptz not null,
    correlation   text not null,
    link          bytea not null,
    primary key (stream, seq)
);

-- Sixteen streams: a batch locks any free head, so that nodes do not wait for each other.
insert into audit_head (stream, seq, link)
select stream, 0, decode(repeat('00', 32), 'hex') from generate_series(0, 15) as stream;

create function madoguchi_append_only() returns trigger language plpgsql as $$
begin
    raise exception '% is append-only', tg_table_name;
end
$$;

create trigger audit_entry_append_only before update or delete or truncate on audit_entry
    for each statement execute function madoguchi_append_only();
create trigger upgrade_history_append_only before update or delete or truncate on upgrade_history
    for each statement execute function madoguchi_append_only();
create trigger core_bank_evidence_append_only before update or delete or truncate on core_bank_evidence
    for each statement execute function madoguchi_append_only();
