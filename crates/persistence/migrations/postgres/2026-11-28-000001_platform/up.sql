-- Effects and the audit log, which every system uses.

-- Outbox effects of every kind. The first columns never change; a transition changes the others.
-- In keys and unique indexes the kind comes last: the columns before it tell entries apart sooner.
create table effect (
    kind            text not null,
    id              uuid not null,
    subject_kind    text not null,
    -- Null: the effect's own id.
    subject_id      text,
    ordering        text not null check (ordering in ('one_live', 'queue')),
    ordering_key    text not null,
    upstream_id     text not null unique,
    payload_version integer not null,
    -- A JSON object of texts, which only the system that owns the kind reads.
    payload         text not null,
    -- The request that planned it.
    correlation     text not null,
    planned_at      timestamptz not null,
    state           text not null
        check (state in ('Planned', 'Sending', 'Unknown', 'Confirmed', 'Rejected', 'Cancelled',
            'Manual')),
    fence           integer not null,
    worker          text,
    -- Planned: when to send. Sending: when the lease ends. Unknown: when a retry is allowed.
    due_at          timestamptz,
    -- Rejected: the other system's code. Cancelled: the reason.
    code            text,
    unsent          integer not null,
    ambiguous       integer not null,
    -- Total time that the outcome was unknown, in microseconds.
    ambiguous_us    bigint not null,
    since           timestamptz not null,
    primary key (id, kind)
);

-- Of effects with `one_live` ordering, one with the same key is unsettled.
create unique index effect_one_live on effect (ordering_key, kind)
    where ordering = 'one_live' and state in ('Planned', 'Sending', 'Unknown', 'Manual');

-- Of effects with `queue` ordering, one with the same key is being sent.
create unique index effect_one_sending on effect (ordering_key, kind)
    where ordering = 'queue' and state = 'Sending';

-- The unsettled effects of each queue.
create index effect_queue on effect (ordering_key, kind, planned_at)
    where ordering = 'queue' and state in ('Planned', 'Sending', 'Unknown', 'Manual');

-- Effects with a next step, by kind and state.
create index effect_due on effect (kind, state, due_at)
    where state in ('Planned', 'Sending', 'Unknown', 'Manual');

-- Effects that were claimed before and will be sent again; a late proof may exist.
create index effect_again on effect (kind, fence)
    where state = 'Planned' and fence > 0;

create table effect_evidence (
    evidence_id bigint generated always as identity primary key,
    kind        text not null,
    id          uuid not null,
    fence       integer not null,
    worker      text not null,
    outcome     text not null,
    detail      text not null,
    at          timestamptz not null,
    foreign key (id, kind) references effect (id, kind)
);

create index effect_evidence_of_effect on effect_evidence (id, kind);

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
create trigger effect_evidence_append_only before update or delete or truncate on effect_evidence
    for each statement execute function madoguchi_append_only();
