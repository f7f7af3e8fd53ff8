-- What two people decide about effects that are stuck, and whether they confirmed a level.

alter table members add column confirmed_manually integer not null default 0
    check (confirmed_manually = 0 or confirmed_manually = 1);

create table resolution (
    resolution_id    blob primary key,
    kind             text not null,
    id               blob not null,
    -- The effect as its proposer saw it.
    effect_fence     integer not null,
    effect_since     integer not null,
    -- No foreign key: erasing the data key erases what is sealed, and the decision stays.
    data_key_id      blob not null unique,
    -- Sealed. With it the hash of the proposal is erased, too.
    salt             blob not null,
    outcome          text not null check (outcome in ('Confirmed', 'Rejected', 'Planned')),
    -- Sealed.
    reason           blob not null,
    evidence         blob,
    proposed_at      integer not null,
    proposer_issuer  text not null,
    proposer_subject text not null,
    -- Programs neither propose nor approve.
    proposer_kind    text not null check (proposer_kind = 'HUMAN'),
    lapses_at        integer not null,
    state            text not null check (state in ('PROPOSED', 'APPROVED', 'WITHDRAWN', 'LAPSED')),
    closed_at        integer,
    closed_issuer    text,
    closed_subject   text,
    closed_kind      text check (closed_kind = 'HUMAN'),
    foreign key (id, kind) references effect (id, kind),
    constraint resolution_closed check ((closed_at is null) = (state = 'PROPOSED')
        and (closed_issuer is null) = (state in ('PROPOSED', 'LAPSED'))
        and (closed_subject is null) = (closed_issuer is null)
        and (closed_kind is null) = (closed_issuer is null)),
    constraint resolution_four_eyes check (state <> 'APPROVED'
        or closed_issuer <> proposer_issuer or lower(closed_subject) <> lower(proposer_subject)),
    constraint resolution_evidence check (outcome <> 'Confirmed' or evidence is not null)
) strict, without rowid;

-- At most one is open for each effect.
create unique index resolution_one_open on resolution (id, kind) where state = 'PROPOSED';
create index resolution_of_effect on resolution (id, kind);
create index resolution_by_time on resolution (proposed_at, resolution_id);
create index resolution_lapsing on resolution (lapses_at) where state = 'PROPOSED';

create trigger resolution_begins_proposed before insert on resolution
when new.state <> 'PROPOSED'
begin
    select raise(abort, 'a resolution begins as a proposal');
end;
-- REPLACE deletes a row without its delete triggers.
create trigger resolution_is_not_replaced before insert on resolution
when exists (select 1 from resolution where resolution_id = new.resolution_id
    or data_key_id = new.data_key_id)
begin
    select raise(abort, 'a resolution is inserted once');
end;
create trigger resolution_open_is_not_replaced before insert on resolution
when exists (select 1 from resolution where id = new.id and kind = new.kind
    and state = 'PROPOSED')
begin
    select raise(abort, 'an effect has one open resolution');
end;
create trigger resolution_is_final before update on resolution
when old.state <> 'PROPOSED'
    or new.resolution_id <> old.resolution_id or new.kind <> old.kind or new.id <> old.id
    or new.effect_fence <> old.effect_fence or new.effect_since <> old.effect_since
    or new.data_key_id <> old.data_key_id or new.salt <> old.salt or new.outcome <> old.outcome
    or new.reason <> old.reason or new.evidence is not old.evidence
    or new.proposed_at <> old.proposed_at or new.proposer_issuer <> old.proposer_issuer
    or new.proposer_subject <> old.proposer_subject or new.proposer_kind <> old.proposer_kind
    or new.lapses_at <> old.lapses_at
begin
    select raise(abort, 'the decision of a resolution is final');
end;
create trigger resolution_stays before delete on resolution
begin
    select raise(abort, 'a resolution stays');
end;
