-- Retention: when applications completed, legal holds, and what became of the contacts.

-- An application that completed. Its day is that of Japan, as in 2020-10-22.
create table application (
    application_id   text primary key,
    completed_on     text not null,
    -- The first moment at which its contacts are not kept any more.
    kept_until       integer not null,
    recorded_at      integer not null,
    recorded_issuer  text not null,
    recorded_subject text not null,
    recorded_kind    text not null check (recorded_kind in ('HUMAN', 'SYSTEM')),
    correlation      text not null
) strict, without rowid;

create trigger application_no_update before update on application
begin
    select raise(abort, 'application is append-only');
end;
create trigger application_no_delete before delete on application
begin
    select raise(abort, 'application is append-only');
end;
-- REPLACE deletes a row without its delete triggers.
create trigger application_is_not_replaced before insert on application
when exists (select 1 from application where application_id = new.application_id)
begin
    select raise(abort, 'application is append-only');
end;

-- When it was reported that it is unanswered while its retention ends.
alter table contact add column reported_at integer;
-- When its data key was erased.
alter table contact add column purged_at integer
    check (purged_at is null or deleted_at is not null);

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
when (old.reported_at is not null and new.reported_at is not old.reported_at)
    or (old.purged_at is not null and (new.purged_at is not old.purged_at
        or new.deleted_at is not old.deleted_at or new.version <> old.version))
begin
    select raise(abort, 'this fact of a contact is final');
end;

-- Nothing that it covers is deleted by retention or purged while it is in force.
create table legal_hold (
    hold_id          blob primary key,
    subject_kind     text not null check (subject_kind in ('PERSON', 'APPLICATION')),
    subject_id       text not null,
    -- No foreign key: erasing the data key erases what is sealed, and the hold stays.
    data_key_id      blob not null unique,
    -- Sealed.
    reason           blob not null,
    placed_at        integer not null,
    placed_issuer    text not null,
    placed_subject   text not null,
    placed_kind      text not null check (placed_kind in ('HUMAN', 'SYSTEM')),
    released_at      integer,
    released_issuer  text,
    released_subject text,
    released_kind    text check (released_kind in ('HUMAN', 'SYSTEM')),
    constraint legal_hold_released check ((released_issuer is null) = (released_at is null)
        and (released_subject is null) = (released_at is null)
        and (released_kind is null) = (released_at is null))
) strict, without rowid;

create index legal_hold_in_force on legal_hold (subject_id, subject_kind)
    where released_at is null;
create index legal_hold_by_time on legal_hold (placed_at, hold_id);

create trigger legal_hold_begins_in_force before insert on legal_hold
when new.released_at is not null
begin
    select raise(abort, 'a legal hold is placed once');
end;
create trigger legal_hold_is_not_replaced before insert on legal_hold
when exists (select 1 from legal_hold where hold_id = new.hold_id
    or data_key_id = new.data_key_id)
begin
    select raise(abort, 'a legal hold is placed once');
end;
create trigger legal_hold_is_final before update on legal_hold
when old.released_at is not null
    or new.hold_id <> old.hold_id or new.subject_kind <> old.subject_kind
    or new.subject_id <> old.subject_id or new.data_key_id <> old.data_key_id
    or new.reason <> old.reason or new.placed_at <> old.placed_at
    or new.placed_issuer <> old.placed_issuer or new.placed_subject <> old.placed_subject
    or new.placed_kind <> old.placed_kind
begin
    select raise(abort, 'a legal hold is placed once and released once');
end;
create trigger legal_hold_stays before delete on legal_hold
begin
    select raise(abort, 'a legal hold stays');
end;

-- The proof that a contact was purged, and why it was due.
create table purge_receipt (
    contact_id     blob primary key references contact (contact_id),
    application_id text,
    data_key_id    blob not null,
    -- The purge age counts from then: it was deleted, or reported as unanswered.
    ground         text not null check (ground in ('DELETED', 'UNANSWERED')),
    since          integer not null,
    -- In days.
    purge_age      integer not null check (purge_age > 0),
    purged_at      integer not null,
    correlation    text not null
) strict, without rowid;

create index purge_receipt_by_time on purge_receipt (purged_at, contact_id);

create trigger purge_receipt_no_update before update on purge_receipt
begin
    select raise(abort, 'purge_receipt is append-only');
end;
create trigger purge_receipt_no_delete before delete on purge_receipt
begin
    select raise(abort, 'purge_receipt is append-only');
end;
create trigger purge_receipt_is_not_replaced before insert on purge_receipt
when exists (select 1 from purge_receipt where contact_id = new.contact_id)
begin
    select raise(abort, 'purge_receipt is append-only');
end;
