-- Announcements, their recipients, and who wrote them.

create table announcement (
    announcement_id  blob primary key,
    -- No foreign key: erasing the data key erases what is sealed, and the announcement stays.
    data_key_id      blob not null unique,
    version          integer not null check (version >= 1),
    -- Sealed. With the salt the hash of the content is erased, too.
    salt             blob not null,
    subject          blob not null,
    body             blob not null,
    link             blob,
    rejection_reason blob,
    posted_at        integer,
    mail             integer not null check (mail = 0 or mail = 1),
    created_at       integer not null,
    state            text not null check (state in ('DRAFT', 'SUBMITTED', 'APPROVED', 'REJECTED')),
    submitted_at     integer,
    submitter_issuer text,
    submitter_subject text,
    submitter_kind   text,
    recipients       integer check (recipients > 0),
    recipients_hash  blob,
    decided_at       integer,
    decided_issuer   text,
    decided_subject  text,
    decided_kind     text,
    -- Derived: when its recipients see it.
    visible_from     integer,
    mailing          text check (mailing in ('FIRST', 'HELD', 'RUNNING', 'STOPPED', 'PLANNED')),
    mailing_since    integer,
    mails_planned    integer check (mails_planned >= 0),
    last_mailed      text,
    constraint announcement_audience check ((recipients is not null)
        = (state in ('SUBMITTED', 'APPROVED'))
        and (recipients_hash is null) = (recipients is null)),
    constraint announcement_submitted check ((submitted_at is not null) = (state = 'SUBMITTED')
        and (submitter_issuer is null) = (submitted_at is null)
        and (submitter_subject is null) = (submitted_at is null)
        and (submitter_kind is null) = (submitted_at is null)),
    constraint announcement_decided check (
        (decided_at is not null) = (state in ('APPROVED', 'REJECTED'))
        and (decided_issuer is null) = (decided_at is null)
        and (decided_subject is null) = (decided_at is null)
        and (decided_kind is null) = (decided_at is null)
        and (state <> 'APPROVED' or decided_kind = 'HUMAN')),
    constraint announcement_visible check ((visible_from is not null) = (state = 'APPROVED')),
    constraint announcement_mailing check ((mailing is null or state = 'APPROVED' and mail = 1)
        and (mails_planned is null) = (mailing is null)
        and (mailing_since is not null) = coalesce(mailing in ('HELD', 'STOPPED'), 0)
        and (last_mailed is null or mailing is not null))
) strict, without rowid;

create index announcement_by_time on announcement (created_at, announcement_id);
create index announcement_of_state on announcement (state, created_at, announcement_id);
-- For the job that plans mails.
create index announcement_mailed on announcement (visible_from)
    where mailing in ('FIRST', 'HELD', 'RUNNING');

-- Everyone who wrote, edited or submitted it, with the version that they first wrote.
create table announcement_editor (
    announcement_id blob not null references announcement (announcement_id),
    version         integer not null,
    issuer          text not null,
    subject         text not null,
    kind            text not null check (kind in ('HUMAN', 'SYSTEM')),
    primary key (announcement_id, version),
    unique (announcement_id, issuer, subject, kind)
) strict, without rowid;

create trigger announcement_editor_no_update before update on announcement_editor
begin
    select raise(abort, 'announcement_editor is append-only');
end;
create trigger announcement_editor_no_delete before delete on announcement_editor
begin
    select raise(abort, 'announcement_editor is append-only');
end;

-- The persons of the submission. What they read, and their mail.
create table announcement_recipient (
    announcement_id blob not null references announcement (announcement_id),
    person_id       text not null references person (person_id),
    read_at         integer,
    mail_id         blob unique,
    mail_state      text
        check (mail_state in ('PENDING', 'SENT', 'SUPPRESSED', 'UNCERTAIN', 'FAILED')),
    mail_at         integer,
    mail_reason     text,
    primary key (announcement_id, person_id),
    check ((mail_state is null) = (mail_id is null) and (mail_at is null) = (mail_id is null))
) strict, without rowid;

-- What a person sees, and what became of the mails to them.
create index announcement_of_recipient
    on announcement_recipient (person_id, mail_state, mail_at, mail_id);
-- What became of the mails, newest first, as of those of contacts.
create index announcement_of_mail_outcome on announcement_recipient (mail_state, mail_at, mail_id)
    where mail_state is not null;

-- Four eyes: an approver wrote, edited and submitted nothing of it.
create trigger announcement_begins_as_draft before insert on announcement
when new.state <> 'DRAFT'
begin
    select raise(abort, 'an announcement is approved after it was submitted');
end;
create trigger announcement_four_eyes before update on announcement
when new.state = 'APPROVED' and old.state <> 'APPROVED'
begin
    select raise(abort, 'an announcement is approved after it was submitted')
    where old.state <> 'SUBMITTED';
    select raise(abort, 'what is approved of an announcement is what was submitted')
    where (new.recipients, new.recipients_hash, new.subject, new.body, new.mail, new.salt)
        <> (old.recipients, old.recipients_hash, old.subject, old.body, old.mail, old.salt)
        or new.link is not old.link or new.posted_at is not old.posted_at
        or new.recipients <> (select count(*) from announcement_recipient
            where announcement_id = new.announcement_id);
    select raise(abort, 'an announcement without an editor is not approved')
    where not exists (select 1 from announcement_editor
        where announcement_id = new.announcement_id);
    select raise(abort, 'an editor of an announcement does not approve it')
    where exists (select 1 from announcement_editor where announcement_id = new.announcement_id
        and issuer = new.decided_issuer and lower(subject) = lower(new.decided_subject));
end;

create trigger announcement_approval_is_final before update on announcement
when old.state = 'APPROVED' and (new.state <> 'APPROVED'
    or (new.recipients, new.recipients_hash, new.decided_at, new.decided_issuer,
        new.decided_subject, new.decided_kind, new.subject, new.body, new.mail)
    <> (old.recipients, old.recipients_hash, old.decided_at, old.decided_issuer,
        old.decided_subject, old.decided_kind, old.subject, old.body, old.mail)
    or new.link is not old.link or new.posted_at is not old.posted_at)
begin
    select raise(abort, 'this fact of an announcement is final');
end;
-- One mail for each recipient.
create trigger announcement_mail_is_final before update on announcement_recipient
when old.mail_id is not null and new.mail_id is not old.mail_id
begin
    select raise(abort, 'this fact of an announcement is final');
end;

-- REPLACE deletes a row without its delete triggers: what is there is never inserted again. An
-- editor that is there stays.
create trigger announcement_is_not_replaced before insert on announcement
when exists (select 1 from announcement where announcement_id = new.announcement_id
    or data_key_id = new.data_key_id)
begin
    select raise(abort, 'an announcement is not replaced');
end;
create trigger announcement_editor_is_not_replaced before insert on announcement_editor
when exists (select 1 from announcement_editor where announcement_id = new.announcement_id
    and (version = new.version or (issuer = new.issuer and subject = new.subject
        and kind = new.kind)))
begin
    select raise(ignore);
end;
create trigger announcement_recipient_is_not_replaced before insert on announcement_recipient
when exists (select 1 from announcement_recipient where announcement_id = new.announcement_id
    and person_id = new.person_id or mail_id = new.mail_id)
begin
    select raise(abort, 'a recipient is not replaced');
end;
-- Recipients are those of the submission.
create trigger announcement_recipient_added before insert on announcement_recipient
when exists (select 1 from announcement where announcement_id = new.announcement_id
    and state = 'APPROVED')
begin
    select raise(abort, 'the recipients of an approved announcement are final');
end;
create trigger announcement_recipient_removed before delete on announcement_recipient
when exists (select 1 from announcement where announcement_id = old.announcement_id
    and state = 'APPROVED')
begin
    select raise(abort, 'the recipients of an approved announcement are final');
end;
create trigger announcement_recipient_is_fixed
before update of announcement_id, person_id on announcement_recipient
begin
    select raise(abort, 'the recipients of an announcement are replaced as a whole');
end;
