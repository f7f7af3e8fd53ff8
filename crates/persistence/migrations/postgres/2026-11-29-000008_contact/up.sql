-- Contacts, the versions of their content, and who wrote it.

create table contact (
    contact_id      uuid primary key,
    person_id       text not null references person (person_id),
    account_id      text not null references account (account_id),
    -- No foreign key: erasing the data key erases what is sealed, and the contact stays.
    data_key_id     uuid not null unique,
    -- Sealed. With it the hash of the content is erased, too.
    salt            bytea not null,
    version         integer not null check (version >= 1),
    application_id  text,
    contact_type    text not null check (contact_type in ('NOTICE', 'ACTION_REQUEST')),
    -- Derived: when the customer sees it, and since when it waits for approval.
    visible_from    timestamptz,
    waiting_since   timestamptz,
    approval        text not null
        check (approval in ('DRAFT', 'APPROVED', 'REJECTED', 'BY_POLICY')),
    -- When it left DRAFT, and the person who approved or rejected it.
    decided_at      timestamptz,
    decided_issuer  text,
    decided_subject text,
    decided_kind    text,
    answer_status   text not null check (answer_status in ('UNANSWERED', 'ANSWERED')),
    answer_channel  text check (answer_channel in ('CUSTOMER', 'PHONE')),
    answered_at     timestamptz,
    answer_issuer   text,
    answer_subject  text,
    answer_kind     text,
    created_at      timestamptz not null,
    deleted_at      timestamptz,
    constraint contact_decided check (case approval
        when 'DRAFT' then
            num_nonnulls(decided_at, decided_issuer, decided_subject, decided_kind) = 0
        when 'APPROVED' then
            num_nulls(decided_at, decided_issuer, decided_subject, decided_kind) = 0
            and decided_kind = 'HUMAN'
        when 'REJECTED' then decided_at is not null
            and num_nulls(decided_issuer, decided_subject, decided_kind) in (0, 3)
        else decided_at is not null
            and num_nonnulls(decided_issuer, decided_subject, decided_kind) = 0 end),
    constraint contact_waiting check ((waiting_since is not null)
        = (approval = 'DRAFT' and answer_status = 'UNANSWERED' and deleted_at is null)),
    constraint contact_visible check ((visible_from is not null)
        = (approval in ('APPROVED', 'BY_POLICY') and deleted_at is null)),
    constraint contact_answered check (
        num_nulls(answer_channel, answered_at, answer_issuer, answer_subject, answer_kind)
            = case answer_status when 'ANSWERED' then 0 else 5 end)
);

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
    contact_id     uuid not null references contact (contact_id),
    version        integer not null,
    issuer         text not null,
    subject        text not null,
    kind           text not null check (kind in ('HUMAN', 'SYSTEM')),
    -- An approved contact may be edited by its approver, too.
    after_approval boolean not null,
    primary key (contact_id, version),
    unique (contact_id, issuer, subject, kind)
);

-- Every version of a contact. The one with the contact's version is the current one.
create table contact_version (
    version_id       uuid primary key,
    contact_id       uuid not null references contact (contact_id),
    version          integer not null,
    event            text not null check (event in ('added', 'edited', 'approved', 'rejected',
        'expired', 'answered_by_phone', 'answered', 'deleted')),
    -- Sealed, the last five if there is one.
    subject          bytea not null,
    body             bytea not null,
    link             bytea,
    policy_number    bytea,
    sender_name      bytea,
    rejection_reason bytea,
    answer           bytea,
    -- The rest of the content in clear.
    application_id   text,
    contact_type     text not null,
    action_kind      text,
    group_id         text,
    posted_at        timestamptz,
    expires_at       timestamptz,
    mandatory        boolean not null,
    sender_kind      text not null,
    actor_issuer     text not null,
    actor_subject    text not null,
    actor_kind       text not null,
    at               timestamptz not null,
    correlation      text not null,
    unique (contact_id, version),
    check ((contact_type = 'ACTION_REQUEST') = (action_kind is not null)),
    check ((sender_kind = 'HUMAN') = (sender_name is not null))
);

create trigger contact_version_append_only before update or delete or truncate on contact_version
    for each statement execute function madoguchi_append_only();
create trigger contact_editor_append_only before update or delete or truncate on contact_editor
    for each statement execute function madoguchi_append_only();

-- Four eyes: an approver wrote nothing of what they approve. A contact begins without approval, so
-- that its editors are known when it is approved.
create function madoguchi_contact_four_eyes() returns trigger language plpgsql as $$
begin
    if tg_op = 'INSERT' then
        raise exception 'a contact is approved after it was added';
    end if;
    if not exists (select from contact_editor where contact_id = new.contact_id) then
        raise exception 'a contact without editors is not approved';
    end if;
    if exists (select from contact_editor where contact_id = new.contact_id
            and issuer = new.decided_issuer and subject = new.decided_subject
            and kind = new.decided_kind) then
        raise exception 'an editor of a contact does not approve it';
    end if;
    return new;
end
$$;

create trigger contact_four_eyes_insert before insert on contact
    for each row when (new.approval = 'APPROVED') execute function madoguchi_contact_four_eyes();
create trigger contact_four_eyes_update before update on contact
    for each row when (new.approval = 'APPROVED' and old.approval <> 'APPROVED')
    execute function madoguchi_contact_four_eyes();

create function madoguchi_contact_approved() returns trigger language plpgsql as $$
begin
    raise exception 'the approval of a contact is final';
end
$$;

create trigger contact_approval_is_final before update on contact
    for each row when (old.approval = 'APPROVED' and (new.approval <> 'APPROVED'
        or new.decided_at <> old.decided_at or new.decided_issuer <> old.decided_issuer
        or new.decided_subject <> old.decided_subject or new.decided_kind <> old.decided_kind))
    execute function madoguchi_contact_approved();

-- Without approval a contact is valid from its addition on, and never later.
create function madoguchi_contact_by_policy() returns trigger language plpgsql as $$
begin
    raise exception 'a contact that waits for approval is not valid without one';
end
$$;

create trigger contact_by_policy_from_addition before update on contact
    for each row when (new.approval = 'BY_POLICY' and old.approval <> 'BY_POLICY')
    execute function madoguchi_contact_by_policy();

-- Whom a contact is for never changes; an answer and a deletion are final; versions are counted.
create function madoguchi_contact_final() returns trigger language plpgsql as $$
begin
    raise exception 'this fact of a contact is final';
end
$$;

create trigger contact_facts_are_final before update on contact
    for each row when (new.contact_id <> old.contact_id
        or new.person_id <> old.person_id or new.account_id <> old.account_id
        or new.data_key_id <> old.data_key_id or new.created_at <> old.created_at
        or new.version not in (old.version, old.version + 1)
        or (old.answer_status = 'ANSWERED' and (new.answer_status <> 'ANSWERED'
            or new.answer_channel <> old.answer_channel or new.answered_at <> old.answered_at
            or new.answer_issuer <> old.answer_issuer or new.answer_subject <> old.answer_subject
            or new.answer_kind <> old.answer_kind))
        or (old.deleted_at is not null and new.deleted_at is distinct from old.deleted_at))
    execute function madoguchi_contact_final();

-- No content without its editor, and no editor on the wrong side of the approval. The contact is
-- locked: an approval that runs at the same time waits, and then sees the editor.
create function madoguchi_contact_editor() returns trigger language plpgsql as $$
declare
    state text;
begin
    select approval into state from contact where contact_id = new.contact_id for no key update;
    if new.after_approval <> (state = 'APPROVED') then
        raise exception 'an editor edited before or after the approval';
    end if;
    return new;
end
$$;

create trigger contact_editor_counted before insert on contact_editor
    for each row execute function madoguchi_contact_editor();

create function madoguchi_contact_content() returns trigger language plpgsql as $$
begin
    if not exists (select from contact_editor where contact_id = new.contact_id
            and issuer = new.actor_issuer and subject = new.actor_subject
            and kind = new.actor_kind) then
        raise exception 'content is written by an editor';
    end if;
    return new;
end
$$;

create trigger contact_content_has_editor before insert on contact_version
    for each row when (new.event in ('added', 'edited'))
    execute function madoguchi_contact_content();
