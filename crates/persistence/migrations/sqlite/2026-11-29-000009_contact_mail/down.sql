drop trigger contact_mail_is_final;
drop index contact_of_mail_state;
drop index contact_of_mail;
alter table contact drop column mail_reason;
alter table contact drop column mail_at;
alter table contact drop column mail_state;
alter table contact drop column mail_id;
