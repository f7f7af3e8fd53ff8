drop trigger contact_mail_is_final on contact;
drop index contact_of_mail_state;
drop index contact_of_mail;
alter table contact
    drop constraint contact_mail_when_valid,
    drop constraint contact_mail,
    drop column mail_reason,
    drop column mail_at,
    drop column mail_state,
    drop column mail_id;
