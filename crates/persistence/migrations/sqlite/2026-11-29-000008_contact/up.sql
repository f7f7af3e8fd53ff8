-- Contacts, the versions of their content, and who wrote it.

create table contact (
    contact_id      blob primary key,
    person_id       text not null references person (person_id),
    account_id      text not null references account (account_id),
    -- No foreign key: erasing the data key erases what is sealed, and the contact stays.
    data_key_id     blob not null unique,
    -- Sealed. With it the hash of the content is erased, too.
    salt            blob not null,
    version         integer not null check (version >= 1),
    application_id  text,
    contact_type    text not null check (contact_type in ('NOTICE', 'ACTION_REQUEST')),
    -- Derived: when the customer sees it, and since when it waits for approval.
    visible_from    integer,
    waiting_since   integer,
    approval        text not null
        check (approval in ('DRAFT', 'APPROVED', 'REJECTED', 'BY_POLICY')),
    -- When it left DRAFT, and the person who approved or rejected it.
    decided_at      integer,
    decided_issuer  text,
    decided_subject text,
    decided_kind    text,
    answer_status   text not null check (answer_status in ('UNANSWERED', 'ANSWERED')),
    answer_channel  text check (answer_channel in ('CUSTOMER', 'PHONE')),
    answered_at     integer,
    answer_issuer   text,
    answer_subject  text,
    answer_kind     text,
    created_at      integer not null,
    deleted_at      integer,
    constraint contact_decided check (
        (decided_at is null) = (approval = 'DRAFT')
        and (decided_issuer is null) = (decided_subject is null)
        and (decided_issuer is null) = (decided_kind is null)
        and (decided_issuer is null or approval in ('APPROVED', 'REJECTED'))
        and (approval <> 'APPROVED' or coalesce(decided_kind, '') = 'HUMAN')),
    constraint contact_waiting check ((waiting_since is not null)
        = (approval = 'DRAFT' and answer_status = 'UNANSWERED' and deleted_at is null)),
    constraint contact_visible check ((visible_from is not null)
        = (approval in ('APPROVED', 'BY_POLICY') and deleted_at is null)),
    constraint contact_answered check (
        (answer_channel is null) = (answer_status = 'UNANSWERED')
        and (answer_channel is null) = (answered_at is null)
        and (answer_channel is null) = (answer_issuer is null)
        and (answer_channel is null) = (answer_subject is null)
        and (answer_channel is null) = (answer_kind is null))
) strict, without rowid;

-- Lists are read newest first, page by page. Each index costs every insert, and some also the
-- updates that change their columns. A person has few contacts: its index serves the pair of person
-- and answer, and what a customer sees, too.
create index contact_by_time on contact (created_at, contact_id);
create index contact_of_person on contact (person_id, created_at, contact_id);
create index contact_of_type on contact (contact_type, created_at, contact_id);
create index contact_of_answer on contact (answer_status, created_at, contact_id);
create index contact_of_type_and_answer
    on contact (contact_type, answer_status, created_at, contact_id);
create index contact_of_approval on contact (approval, created_at, contact_id);
-- For approvers, and for the job that lets approvals expire.
create index contact_by_waiting on contact (waiting_since, contact_id)
    where waiting_since is not null;

-- Everyone who wrote content, with the version that they first wrote.
create table contact_editor (
    contact_id     blob not null references contact (contact_id),
    version        integer not null,
    issuer         text not null,
    subject        text not null,
    kind           text not null check (kind in ('HUMAN', 'SYSTEM')),
    -- An approved contact may be edited by its approver, too.
    after_approval integer not null check (after_approval = 0 or after_approval = 1),
    primary key (contact_id, version),
    unique (contact_id, issuer, subject, kind)
) strict, without rowid;

-- Every version of a contact. The one with the contact's version is the current one.
create table contact_version (
    version_id       blob primary key,
    contact_id       blob not null references contact (contact_id),
    version          integer not null,
    event            text not null check (event in ('added', 'edited', 'approved', 'rejected',
        'expired', 'answered_by_phone', 'answered', 'deleted')),
    -- Sealed, the last five if there is one.
    subject          blob not null,
    body             blob not null,
    link             blob,
    policy_number    blob,
    sender_name      blob,
    rejection_reason blob,
    answer           blob,
    -- The rest of the content in clear.
    application_id   text,
    contact_type     text not null,
    action_kind      text,
    group_id         text,
    posted_at        integer,
    expires_at       integer,
    mandatory        integer not null check (mandatory = 0 or mandatory = 1),
    sender_kind      text not null,
    actor_issuer     text not null,
    actor_subject    text not null,
    actor_kind       text not null,
    at               integer not null,
    correlation      text not null,
    unique (contact_id, version),
    check ((contact_type = 'ACTION_REQUEST') = (action_kind is not null)),
    check ((sender_kind = 'HUMAN') = (sender_name is not null))
) strict, without rowid;

create trigger contact_version_no_update before update on contact_version
begin
    select raise(abort, 'contact_version is append-only');
end;
create trigger contact_version_no_delete before delete on contact_version
begin
    select raise(abort, 'contact_version is append-only');
end;
create trigger contact_editor_no_update before update on contact_editor
begin
    select raise(abort, 'contact_editor is append-only');
end;
create trigger contact_editor_no_delete before delete on contact_editor
begin
    select raise(abort, 'contact_editor is append-only');
end;

-- Four eyes: an approver wrote nothing of what they approve. A contact begins without approval, so
-- that its editors are known when it is approved.
create trigger contact_four_eyes_insert before insert on contact when new.approval = 'APPROVED'
begin
    select raise(abort, 'a contact is approved after it was added');
end;
create trigger contact_four_eyes_update before update on contact
when new.approval = 'APPROVED' and old.approval <> 'APPROVED'
begin
    select raise(abort, 'a contact without editors is not approved')
    where not exists (select 1 from contact_editor where contact_id = new.contact_id);
    select raise(abort, 'an editor of a contact does not approve it')
    where exists (select 1 from contact_editor where contact_id = new.contact_id
        and issuer = new.decided_issuer and subject = new.decided_subject
        and kind = new.decided_kind);
end;
create trigger contact_approval_is_final before update on contact
when old.approval = 'APPROVED' and (new.approval <> 'APPROVED'
    or new.decided_at <> old.decided_at or new.decided_issuer <> old.decided_issuer
    or new.decided_subject <> old.decided_subject or new.decided_kind <> old.decided_kind)
begin
    select raise(abort, 'the approval of a contact is final');
end;

-- Without approval a contact is valid from its addition on, and never later.
create trigger contact_by_policy_from_addition before update on contact
when new.approval = 'BY_POLICY' and old.approval <> 'BY_POLICY'
begin
    select raise(abort, 'a contact that waits for approval is not valid without one');
end;

-- Whom a contact is for never changes; an answer and a deletion are final; versions are counted.
create trigger contact_facts_are_final before update on contact
when new.contact_id <> old.contact_id
    or new.person_id <> old.person_id or new.account_id <> old.account_id
    or new.data_key_id <> old.data_key_id or new.created_at <> old.created_at
    or new.version not in (old.version, old.version + 1)
    or (old.answer_status = 'ANSWERED' and (new.answer_status <> 'ANSWERED'
        or new.answer_channel <> old.answer_channel or new.answered_at <> old.answered_at
        or new.answer_issuer <> old.answer_issuer or new.answer_subject <> old.answer_subject
        or new.answer_kind <> old.answer_kind))
    or (old.deleted_at is not null and new.deleted_at is not old.deleted_at)
begin
    select raise(abort, 'this fact of a contact is final');
end;

-- REPLACE deletes a row without its delete triggers: what is there is never inserted again. An
-- editor who is there already is no error, because each is stored once.
create trigger contact_is_not_replaced before insert on contact
when exists (select 1 from contact where contact_id = new.contact_id)
begin
    select raise(abort, 'a contact is inserted once');
end;
create trigger contact_version_is_not_replaced before insert on contact_version
when exists (select 1 from contact_version where version_id = new.version_id
    or (contact_id = new.contact_id and version = new.version))
begin
    select raise(abort, 'contact_version is append-only');
end;
create trigger contact_editor_is_not_replaced before insert on contact_editor
when exists (select 1 from contact_editor where contact_id = new.contact_id
    and (version = new.version or (issuer = new.issuer and subject = new.subject
        and kind = new.kind)))
begin
    select raise(ignore);
end;

-- No content without its editor, and no editor on the wrong side of the approval.
create trigger contact_editor_counted before insert on contact_editor
when new.after_approval <> exists (
    select 1 from contact where contact_id = new.contact_id and approval = 'APPROVED')
begin
    select raise(abort, 'an editor edited before or after the approval');
end;
create trigger contact_content_has_editor before insert on contact_version
when new.event in ('added', 'edited') and not exists (
    select 1 from contact_editor where contact_id = new.contact_id
    and issuer = new.actor_issuer and subject = new.actor_subject and kind = new.actor_kind)
begin
    select raise(abort, 'content is written by an editor');
end;
