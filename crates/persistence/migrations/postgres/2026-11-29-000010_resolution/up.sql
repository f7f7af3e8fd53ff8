-- What two people decide about effects that are stuck, and whether they confirmed a level.

alter table members add column confirmed_manually boolean not null default false;

create table resolution (
    resolution_id    uuid primary key,
    kind             text not null,
    id               uuid not null,
    -- The effect as its proposer saw it.
    effect_fence     integer not null,
    effect_since     timestamptz not null,
    -- No foreign key: erasing the data key erases what is sealed, and the decision stays.
    data_key_id      uuid not null unique,
    -- Sealed. With it the hash of the proposal is erased, too.
    salt             bytea not null,
    outcome          text not null check (outcome in ('Confirmed', 'Rejected', 'Planned')),
    -- Sealed.
    reason           bytea not null,
    evidence         bytea,
    proposed_at      timestamptz not null,
    proposer_issuer  text not null,
    proposer_subject text not null,
    -- Programs neither propose nor approve.
    proposer_kind    text not null check (proposer_kind = 'HUMAN'),
    lapses_at        timestamptz not null,
    state            text not null check (state in ('PROPOSED', 'APPROVED', 'WITHDRAWN', 'LAPSED')),
    closed_at        timestamptz,
    closed_issuer    text,
    closed_subject   text,
    closed_kind      text check (closed_kind = 'HUMAN'),
    foreign key (id, kind) references effect (id, kind),
    constraint resolution_closed check ((closed_at is null) = (state = 'PROPOSED')
        and num_nulls(closed_issuer, closed_subject, closed_kind)
            = case when state in ('APPROVED', 'WITHDRAWN') then 0 else 3 end),
    constraint resolution_four_eyes check (state <> 'APPROVED'
        or closed_issuer <> proposer_issuer or lower(closed_subject) <> lower(proposer_subject)),
    constraint resolution_evidence check (outcome <> 'Confirmed' or evidence is not null)
);

-- At most one is open for each effect.
create unique index resolution_one_open on resolution (id, kind) where state = 'PROPOSED';
create index resolution_of_effect on resolution (id, kind);
create index resolution_by_time on resolution (proposed_at, resolution_id);
create index resolution_lapsing on resolution (lapses_at) where state = 'PROPOSED';

create function madoguchi_resolution_final() returns trigger language plpgsql as $$
begin
    raise exception 'a resolution begins as a proposal, and its decision is final';
end
$$;

create trigger resolution_begins_proposed before insert on resolution
    for each row when (new.state <> 'PROPOSED')
    execute function madoguchi_resolution_final();
create trigger resolution_is_final before update on resolution
    for each row when (old.state <> 'PROPOSED'
        or (new.resolution_id, new.kind, new.id, new.effect_fence, new.effect_since,
            new.data_key_id, new.salt, new.outcome, new.reason, new.evidence, new.proposed_at,
            new.proposer_issuer, new.proposer_subject, new.proposer_kind, new.lapses_at)
        is distinct from (old.resolution_id, old.kind, old.id, old.effect_fence, old.effect_since,
            old.data_key_id, old.salt, old.outcome, old.reason, old.evidence, old.proposed_at,
            old.proposer_issuer, old.proposer_subject, old.proposer_kind, old.lapses_at))
    execute function madoguchi_resolution_final();
create trigger resolution_stays before delete or truncate on resolution
    for each statement execute function madoguchi_append_only();
