-- Effects and the audit log, which every system uses.
-- `without rowid` stores a row in the B-tree of its primary key, without a second B-tree.
-- Checks use `or`, because SQLite builds a temporary table for `in (…)` in every statement.

-- Outbox effects of every kind. The first columns never change; a transition changes the others.
-- In keys and unique indexes the kind comes last: the columns before it tell entries apart sooner.
create table effect (
    kind            text not null,
    id              blob not null,
    subject_kind    text not null,
    -- Null: the effect's own id.
    subject_id      text,
    ordering        text not null check (ordering = 'one_live' or ordering = 'queue'),
    ordering_key    text not null,
    upstream_id     text not null unique,
    payload_version integer not null,
    -- A JSON object of texts, which only the system that owns the kind reads.
    payload         text not null,
    -- The request that planned it.
    correlation     text not null,
    planned_at      integer not null,
    state           text not null
        check (state = 'Planned' or state = 'Sending' or state = 'Unknown' or state = 'Confirmed'
            or state = 'Rejected' or state = 'Cancelled' or state = 'Manual'),
    fence           integer not null,
    worker          text,
    -- Planned: when to send. Sending: when the lease ends. Unknown: when a retry is allowed.
    due_at          integer,
    -- Rejected: the other system's code. Cancelled: the reason.
    code            text,
    unsent          integer not null,
    ambiguous       integer not null,
    -- Total time that the outcome was unknown, in microseconds.
    ambiguous_us    integer not null,
    since           integer not null,
    primary key (id, kind)
) strict, without rowid;

-- Of effects with `one_live` ordering, one with the same key is unsettled.
create unique index effect_one_live on effect (ordering_key, kind)
    where ordering = 'one_live'
        and (state = 'Planned' or state = 'Sending' or state = 'Unknown' or state = 'Manual');

-- Of effects with `queue` ordering, one with the same key is being sent.
create unique index effect_one_sending on effect (ordering_key, kind)
    where ordering = 'queue' and state = 'Sending';

-- The unsettled effects of each queue.
create index effect_queue on effect (ordering_key, kind, planned_at)
    where ordering = 'queue'
        and (state = 'Planned' or state = 'Sending' or state = 'Unknown' or state = 'Manual');

-- Not a partial index: SQLite cannot prove that `state = ?` is one of a list of states.
create index effect_due on effect (kind, state, due_at);

-- Effects that were claimed before and will be sent again; a late proof may exist.
create index effect_again on effect (kind, fence)
    where state = 'Planned' and fence > 0;

create table effect_evidence (
    evidence_id integer primary key autoincrement,
    kind        text not null,
    id          blob not null,
    fence       integer not null,
    worker      text not null,
    outcome     text not null,
    detail      text not null,
    at          integer not null,
    foreign key (id, kind) references effect (id, kind)
) strict;

create index effect_evidence_of_effect on effect_evidence (id, kind);

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
create trigger effect_evidence_no_update before update on effect_evidence
begin
    select raise(abort, 'effect_evidence is append-only');
end;
create trigger effect_evidence_no_delete before delete on effect_evidence
begin
    select raise(abort, 'effect_evidence is append-only');
end;
