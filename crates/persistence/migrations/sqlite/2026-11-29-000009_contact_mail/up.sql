-- The mail about a contact: planned when it becomes valid, then moved by the mail's own effect.

-- A contact has no mail before it is valid.
alter table contact add column mail_id blob
    check (mail_id is null or approval in ('APPROVED', 'BY_POLICY'));
alter table contact add column mail_state text
    check ((mail_state is null) = (mail_id is null) and coalesce(mail_state, 'SENT')
        in ('PENDING', 'SENT', 'SUPPRESSED', 'UNCERTAIN', 'FAILED'));
-- Since when it is so; of a pending mail, when it is due.
alter table contact add column mail_at integer check ((mail_at is null) = (mail_id is null));
-- Why it was suppressed, or the code with which it failed.
alter table contact add column mail_reason text
    check ((mail_reason is null) = (coalesce(mail_state, '') not in ('SUPPRESSED', 'FAILED')));

create index contact_of_mail on contact (mail_id) where mail_id is not null;
create index contact_of_mail_state on contact (mail_state, created_at, contact_id)
    where mail_state is not null;

-- A contact is mailed once: its mail never changes, and what became of it is final.
create trigger contact_mail_is_final before update on contact
when (old.mail_id is not null and new.mail_id is not old.mail_id)
    or (old.mail_state in ('SENT', 'SUPPRESSED', 'FAILED')
        and (new.mail_state is not old.mail_state or new.mail_at is not old.mail_at
            or new.mail_reason is not old.mail_reason))
begin
    select raise(abort, 'this fact of a contact is final');
end;
