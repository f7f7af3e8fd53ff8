-- Retention: when applications completed, legal holds, and what became of the contacts.

-- An application that completed. Its day is that of Japan, as in 2020-10-22.
create table application (
    application_id   text primary key,
    completed_on     text not null,
    -- The first moment at which its contacts are not kept any more.
    kept_until       timestamptz not null,
    recorded_at      timestamptz not null,
    recorded_issuer  text not null,
    recorded_subject text not null,
    recorded_kind    text not null check (recorded_kind in ('HUMAN', 'SYSTEM')),
    correlation      text not null
);

create trigger application_append_only before update or delete or truncate on application
    for each statement execute function madoguchi_append_only();

alter table contact
    -- When it was reported that it is unanswered while its retention ends.
    add column reported_at timestamptz,
    -- When its data key was erased.
    add column purged_at   timestamptz,
    add constraint contact_purged check (purged_at is null or deleted_at is not null);

-- An application exists if a contact names it.
create index contact_of_application on contact (application_id, contact_id)
    where application_id is not null;
-- What is left to delete or to report, and what is left to purge.
create index contact_kept on contact (created_at, contact_id)
    where application_id is not null and deleted_at is null;
create index contact_unpurged on contact (deleted_at, contact_id)
    where deleted_at is not null and purged_at is null;
create index contact_reported on contact (reported_at, contact_id)
    where reported_at is not null and deleted_at is null;

-- The mail of a purged contact may still move.
create trigger contact_retention_is_final before update on contact
    for each row when (
        (old.reported_at is not null and new.reported_at is distinct from old.reported_at)
        or (old.purged_at is not null and (new.purged_at, new.deleted_at, new.version)
            is distinct from (old.purged_at, old.deleted_at, old.version)))
    execute function madoguchi_contact_final();

-- Nothing that it covers is deleted by retention or purged while it is in force.
create table legal_hold (
    hold_id          uuid primary key,
    subject_kind     text not null check (subject_kind in ('PERSON', 'APPLICATION')),
    subject_id       text not null,
    -- No foreign key: erasing the data key erases what is sealed, and the hold stays.
    data_key_id      uuid not null unique,
    -- Sealed.
    reason           bytea not null,
    placed_at        timestamptz not null,
    placed_issuer    text not null,
    placed_subject   text not null,
    placed_kind      text not null check (placed_kind in ('HUMAN', 'SYSTEM')),
    released_at      timestamptz,
    released_issuer  text,
    released_subject text,
    released_kind    text check (released_kind in ('HUMAN', 'SYSTEM')),
    constraint legal_hold_released
        check (num_nulls(released_at, released_issuer, released_subject, released_kind) in (0, 4))
);

create index legal_hold_in_force on legal_hold (subject_id, subject_kind)
    where released_at is null;
create index legal_hold_by_time on legal_hold (placed_at, hold_id);

create function madoguchi_legal_hold_final() returns trigger language plpgsql as $$
begin
    raise exception 'a legal hold is placed once and released once';
end
$$;

create trigger legal_hold_begins_in_force before insert on legal_hold
    for each row when (new.released_at is not null) execute function madoguchi_legal_hold_final();
create trigger legal_hold_is_final before update on legal_hold
    for each row when (old.released_at is not null
        or (new.hold_id, new.subject_kind, new.subject_id, new.data_key_id, new.reason,
            new.placed_at, new.placed_issuer, new.placed_subject, new.placed_kind)
        is distinct from (old.hold_id, old.subject_kind, old.subject_id, old.data_key_id,
            old.reason, old.placed_at, old.placed_issuer, old.placed_subject, old.placed_kind))
    execute function madoguchi_legal_hold_final();
create trigger legal_hold_stays before delete or truncate on legal_hold
    for each statement execute function madoguchi_append_only();

-- The proof that a contact was purged, and why it was due.
create table purge_receipt (
    contact_id     uuid primary key references contact (contact_id),
    application_id text,
    data_key_id    uuid not null,
    -- The purge age counts from then: it was deleted, or reported as unanswered.
    ground         text not null check (ground in ('DELETED', 'UNANSWERED')),
    since          timestamptz not null,
    -- In days.
    purge_age      integer not null check (purge_age > 0),
    purged_at      timestamptz not null,
    correlation    text not null
);

create index purge_receipt_by_time on purge_receipt (purged_at, contact_id);

create trigger purge_receipt_append_only before update or delete or truncate on purge_receipt
    for each statement execute function madoguchi_append_only();
