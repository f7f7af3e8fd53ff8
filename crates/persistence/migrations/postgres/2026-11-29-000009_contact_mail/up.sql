-- The mail about a contact: planned when it becomes valid, then moved by the mail's own effect.

alter table contact
    add column mail_id     uuid,
    add column mail_state  text check (mail_state in ('PENDING', 'SENT', 'SUPPRESSED', 'UNCERTAIN',
        'FAILED')),
    -- Since when it is so; of a pending mail, when it is due.
    add column mail_at     timestamptz,
    -- Why it was suppressed, or the code with which it failed.
    add column mail_reason text,
    add constraint contact_mail check (num_nulls(mail_id, mail_state, mail_at) in (0, 3)
        and (mail_reason is not null) = (mail_state is not null
            and mail_state in ('SUPPRESSED', 'FAILED')));

-- A contact has no mail before it is valid.
alter table contact add constraint contact_mail_when_valid check (mail_id is null
    or approval in ('APPROVED', 'BY_POLICY'));

create index contact_of_mail on contact (mail_id) where mail_id is not null;
create index contact_of_mail_state on contact (mail_state, created_at, contact_id)
    where mail_state is not null;

-- A contact is mailed once: its mail never changes, and what became of it is final.
create trigger contact_mail_is_final before update on contact
    for each row when ((old.mail_id is not null and new.mail_id is distinct from old.mail_id)
        or (old.mail_state in ('SENT', 'SUPPRESSED', 'FAILED')
            and (new.mail_state, new.mail_at, new.mail_reason)
                is distinct from (old.mail_state, old.mail_at, old.mail_reason)))
    execute function madoguchi_contact_final();
