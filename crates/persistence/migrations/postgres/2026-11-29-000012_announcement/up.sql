-- Announcements, their recipients, and who wrote them.

create table announcement (
    announcement_id  uuid primary key,
    -- No foreign key: erasing the data key erases what is sealed, and the announcement stays.
    data_key_id      uuid not null unique,
    version          integer not null check (version >= 1),
    -- Sealed. With the salt the hash of the content is erased, too.
    salt             bytea not null,
    subject          bytea not null,
    body             bytea not null,
    link             bytea,
    rejection_reason bytea,
    posted_at        timestamptz,
    mail             boolean not null,
    created_at       timestamptz not null,
    state            text not null check (state in ('DRAFT', 'SUBMITTED', 'APPROVED', 'REJECTED')),
    submitted_at     timestamptz,
    submitter_issuer text,
    submitter_subject text,
    submitter_kind   text,
    recipients       integer check (recipients > 0),
    recipients_hash  bytea,
    decided_at       timestamptz,
    decided_issuer   text,
    decided_subject  text,
    decided_kind     text,
    -- Derived: when its recipients see it.
    visible_from     timestamptz,
    mailing          text check (mailing in ('FIRST', 'HELD', 'RUNNING', 'STOPPED', 'PLANNED')),
    mailing_since    timestamptz,
    mails_planned    integer check (mails_planned >= 0),
    last_mailed      text,
    constraint announcement_audience check ((recipients is not null)
        = (state in ('SUBMITTED', 'APPROVED'))
        and (recipients_hash is null) = (recipients is null)),
    constraint announcement_submitted check (
        num_nulls(submitted_at, submitter_issuer, submitter_subject, submitter_kind)
            = case state when 'SUBMITTED' then 0 else 4 end),
    constraint announcement_decided check (
        num_nulls(decided_at, decided_issuer, decided_subject, decided_kind)
            = case when state in ('APPROVED', 'REJECTED') then 0 else 4 end
        and (state <> 'APPROVED' or decided_kind = 'HUMAN')),
    constraint announcement_visible check ((visible_from is not null) = (state = 'APPROVED')),
    constraint announcement_mailing check ((mailing is null or state = 'APPROVED' and mail)
        and (mails_planned is null) = (mailing is null)
        and (mailing_since is not null) = coalesce(mailing in ('HELD', 'STOPPED'), false)
        and (last_mailed is null or mailing is not null))
);

create index announcement_by_time on announcement (created_at, announcement_id);
create index announcement_of_state on announcement (state, created_at, announcement_id);
-- For the job that plans mails.
create index announcement_mailed on announcement (visible_from)
    where mailing in ('FIRST', 'HELD', 'RUNNING');

-- Everyone who wrote, edited or submitted it, with the version that they first wrote.
create table announcement_editor (
    announcement_id uuid not null references announcement (announcement_id),
    version         integer not null,
    issuer          text not null,
    subject         text not null,
    kind            text not null check (kind in ('HUMAN', 'SYSTEM')),
    primary key (announcement_id, version),
    unique (announcement_id, issuer, subject, kind)
);

create trigger announcement_editor_append_only
    before update or delete or truncate on announcement_editor
    for each statement execute function madoguchi_append_only();

-- The persons of the submission. What they read, and their mail.
create table announcement_recipient (
    announcement_id uuid not null references announcement (announcement_id),
    person_id       text not null references person (person_id),
    read_at         timestamptz,
    mail_id         uuid unique,
    mail_state      text
        check (mail_state in ('PENDING', 'SENT', 'SUPPRESSED', 'UNCERTAIN', 'FAILED')),
    mail_at         timestamptz,
    mail_reason     text,
    primary key (announcement_id, person_id),
    check (num_nulls(mail_id, mail_state, mail_at) in (0, 3))
);

-- What a person sees, and what became of the mails to them.
create index announcement_of_recipient
    on announcement_recipient (person_id, mail_state, mail_at, mail_id);
-- What became of the mails, newest first, as of those of contacts.
create index announcement_of_mail_outcome on announcement_recipient (mail_state, mail_at, mail_id)
    where mail_state is not null;

-- Four eyes: an approver wrote, edited and submitted nothing of it.
create function madoguchi_announcement_four_eyes() returns trigger language plpgsql as $$
begin
    if tg_op = 'INSERT' or old.state <> 'SUBMITTED' then
        raise exception 'an announcement is approved after it was submitted';
    end if;
    if (new.recipients, new.recipients_hash, new.subject, new.body, new.mail, new.salt, new.link,
            new.posted_at) is distinct from (old.recipients, old.recipients_hash, old.subject,
            old.body, old.mail, old.salt, old.link, old.posted_at)
        or new.recipients <> (select count(*) from announcement_recipient
            where announcement_id = new.announcement_id) then
        raise exception 'what is approved of an announcement is what was submitted';
    end if;
    if not exists (select from announcement_editor
            where announcement_id = new.announcement_id) then
        raise exception 'an announcement without an editor is not approved';
    end if;
    if exists (select from announcement_editor where announcement_id = new.announcement_id
            and issuer = new.decided_issuer and lower(subject) = lower(new.decided_subject)) then
        raise exception 'an editor of an announcement does not approve it';
    end if;
    return new;
end
$$;

create trigger announcement_four_eyes_insert before insert on announcement
    for each row when (new.state <> 'DRAFT')
    execute function madoguchi_announcement_four_eyes();
create trigger announcement_four_eyes_update before update on announcement
    for each row when (new.state = 'APPROVED' and old.state <> 'APPROVED')
    execute function madoguchi_announcement_four_eyes();

create function madoguchi_announcement_final() returns trigger language plpgsql as $$
begin
    raise exception 'this fact of an announcement is final';
end
$$;

create trigger announcement_approval_is_final before update on announcement
    for each row when (old.state = 'APPROVED' and (new.state <> 'APPROVED'
        or (new.recipients, new.recipients_hash, new.decided_at, new.decided_issuer,
            new.decided_subject, new.decided_kind, new.subject, new.body, new.link, new.mail,
            new.posted_at)
        is distinct from (old.recipients, old.recipients_hash, old.decided_at,
            old.decided_issuer, old.decided_subject, old.decided_kind, old.subject, old.body,
            old.link, old.mail, old.posted_at)))
    execute function madoguchi_announcement_final();
-- One mail for each recipient.
create trigger announcement_mail_is_final before update on announcement_recipient
    for each row when (old.mail_id is not null and new.mail_id is distinct from old.mail_id)
    execute function madoguchi_announcement_final();

-- Recipients are those of the submission.
create function madoguchi_announcement_recipient() returns trigger language plpgsql as $$
declare
    of uuid := case tg_op when 'INSERT' then new.announcement_id else old.announcement_id end;
begin
    if exists (select from announcement where announcement_id = of and state = 'APPROVED') then
        raise exception 'the recipients of an approved announcement are final';
    end if;
    if tg_op = 'INSERT' then
        return new;
    end if;
    return old;
end
$$;

create trigger announcement_recipient_added before insert or delete on announcement_recipient
    for each row execute function madoguchi_announcement_recipient();
create trigger announcement_recipient_is_fixed
    before update of announcement_id, person_id on announcement_recipient
    for each row execute function madoguchi_announcement_final();
create trigger announcement_recipient_no_truncate before truncate on announcement_recipient
    for each statement execute function madoguchi_append_only();
