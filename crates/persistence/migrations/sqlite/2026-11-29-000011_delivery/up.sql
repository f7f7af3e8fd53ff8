-- The delivery watch: since when mail is off, since when an address is this one, who looks alike,
-- and what came back.

-- When the mail notification of an account was switched off; null while it is on.
alter table account add column muted_since integer;
update account set muted_since = changed.at
    from (select about_id, max(at) as at from audit_entry
        where action = 'account.mail_notification_set' and about_kind = 'account'
        group by about_id) as changed
    where changed.about_id = account.account_id and mail_notification = 0;
create index account_muted on account (muted_since, account_id) where muted_since is not null;

-- When the person got the e-mail address that it has, or lost it.
alter table person add column email_since integer not null default 0;
update person set email_since = changed.at
    from (select about_id, max(at) as at from audit_entry
        where about_kind = 'person' and (action = 'person.registered'
            or (action = 'person.details_changed' and detail like 'email%'))
        group by about_id) as changed
    where changed.about_id = person.person_id;

create index person_version_stopped on person_version (stop_at, data_key_id)
    where stop_at is not null;

-- What became of the mails, newest first: of all persons, and of one. Both cost each mail of a
-- contact, and each of its outcomes.
create index contact_of_mail_outcome on contact (mail_state, mail_at, contact_id)
    where mail_state is not null;
create index contact_mail_of_person on contact (person_id, mail_state, mail_at, contact_id)
    where mail_state is not null;

-- Persons who have an address together with another one, each kind of address once.
create table look_alike (
    entry_id    blob primary key,
    reason      text not null check (reason = 'SAME_EMAIL' or reason = 'SAME_PHONE'),
    data_key_id blob not null references person (data_key_id),
    since       integer not null,
    unique (data_key_id, reason)
) strict, without rowid;

create index look_alike_by_time on look_alike (reason, since, entry_id);

-- Those that share one already are found now.
insert into look_alike (entry_id, reason, data_key_id, since)
    select randomblob(16),
        case mine.purpose when 'person.email' then 'SAME_EMAIL' else 'SAME_PHONE' end,
        mine.data_key_id,
        cast((julianday('now') - 2440587.5) * 86400 as integer) * 1000000
    from (select distinct purpose, data_key_id from blind_index as own
        where purpose in ('person.email', 'person.phone')
            and exists (select 1 from blind_index as theirs
                where theirs.purpose = own.purpose and theirs.digest = own.digest
                    and theirs.data_key_id <> own.data_key_id)) as mine;

-- Mails that came back, as the first report of each says.
create table bounce (
    mail_id     blob primary key,
    person_id   text not null references person (person_id),
    status      text not null,
    -- When it was sent, or may have been.
    mailed_at   integer not null,
    -- When the report was written, as it says.
    reported_at integer,
    received_at integer not null
) strict, without rowid;

create index bounce_by_time on bounce (received_at, mail_id);
create index bounce_of_person on bounce (person_id, received_at, mail_id);

create trigger bounce_no_update before update on bounce
begin
    select raise(abort, 'bounce is append-only');
end;
create trigger bounce_no_delete before delete on bounce
begin
    select raise(abort, 'bounce is append-only');
end;
-- REPLACE deletes a row without its delete triggers.
create trigger bounce_is_not_replaced before insert on bounce
when exists (select 1 from bounce where mail_id = new.mail_id)
begin
    select raise(abort, 'bounce is append-only');
end;
