-- Reverts the migration. Only for tests; production only migrates up.

-- The last column first: its check names the others.
alter table audit_entry drop column through_kind;
alter table audit_entry drop column through_subject;
alter table audit_entry drop column through_issuer;
