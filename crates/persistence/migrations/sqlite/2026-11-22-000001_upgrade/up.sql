-- Members, upgrade cases, core-bank effects and the audit log.
-- `without rowid` stores a row in the B-tree of its primary key, without a second B-tree.
-- Checks use `or`, because SQLite builds a temporary table for `in (…)` in every statement.

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

-- One check belongs to one case.
create unique index upgrade_case_one_check on upgrade_case (check_source, check_reference)
    where check_source is not null;

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

create table core_bank_effect (
    case_id         blob primary key references upgrade_case (case_id),
    member_id       text not null,
    arrangement_id  text not null,
    product_name    text not null,
    level           text not null,
    transaction_id  text not null unique,
    txn_no          text not null,
    state           text not null
        check (state = 'Planned' or state = 'Sending' or state = 'Unknown' or state = 'Confirmed'
            or state = 'Rejected' or state = 'Manual'),
    fence           integer not null,
    worker          text,
    -- Planned: when to send. Sending: when the lease ends. Unknown: when a retry is allowed.
    due_at          integer,
    code            text,
    unsent          integer not null,
    ambiguous       integer not null,
    -- Total time that the outcome was unknown, in microseconds.
    ambiguous_us    integer not null,
    planned_at      integer not null,
    since           integer not null
) strict, without rowid;

-- Effects of one arrangement run one at a time.
create unique index core_bank_effect_one_live on core_bank_effect (arrangement_id)
    where state = 'Planned' or state = 'Sending' or state = 'Unknown' or state = 'Manual';

-- Not a partial index: SQLite cannot prove that `state = ?` is one of a list of states.
create index core_bank_effect_due on core_bank_effect (state, due_at);

-- Effects that were claimed before and will be sent again; a late proof may exist.
create index core_bank_effect_again on core_bank_effect (state, fence)
    where state = 'Planned' and fence > 0;

create table core_bank_evidence (
    evidence_id integer primary key autoincrement,
    case_id     blob not null references core_bank_effect (case_id),
    fence       integer not null,
    worker      text not null,
    outcome     text not null,
    detail      text not null,
    at          integer not null
) strict;

create index core_bank_evidence_of_case on core_bank_evidence (case_id);

create table audit_head (
    stream integer primary key,
    seq    integer not null,
    link   blob not null
) strict, without rowid;

-- With rowid: rows are only appended, so pages fill one after another.
create table audit_entry (
    stream        integer not null check (stream = 0),
    seq           integer primary key,
    action        text not null,
    about_kind    text not null,
    about_id      text not null,
    detail        text not null,
    actor_issuer  text not null,
    actor_subject text not null,
    actor_kind    text not null,
    at            integer not null,
    correlation   text not null,
    link          blob not null
) strict;

-- One writer, one stream.
insert into audit_head (stream, seq, link) values (0, 0, zeroblob(32));

create trigger audit_entry_no_update before update on audit_entry
begin
    select raise(abort, 'audit_entry is append-only');
end;
create trigger audit_entry_no_delete before delete on audit_entry
begin
    select raise(abort, 'audit_entry is append-only');
end;
create trigger upgrade_history_no_update before update on upgrade_history
begin
    select raise(abort, 'upgrade_history is append-only');
end;
create trigger upgrade_history_no_delete before delete on upgrade_history
begin
    select raise(abort, 'upgrade_history is append-only');
end;
create trigger core_bank_evidence_no_update before update on core_bank_evidence
begin
    select raise(abort, 'core_bank_evidence is append-only');
end;
create trigger core_bank_evidence_no_delete before delete on core_bank_evidence
begin
    select raise(abort, 'core_bank_evidence is append-only');
end;
