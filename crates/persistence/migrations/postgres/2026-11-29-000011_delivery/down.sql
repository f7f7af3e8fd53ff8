drop table bounce;
drop table look_alike;
drop index contact_mail_of_person;
drop index contact_of_mail_outcome;
drop index person_version_stopped;
alter table person drop column email_since;
drop index account_muted;
alter table account drop column muted_since;
