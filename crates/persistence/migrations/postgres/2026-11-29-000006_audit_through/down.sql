-- Reverts the migration. Only for tests; production only migrates up.

alter table audit_entry
    drop column through_issuer,
    drop column through_subject,
    drop column through_kind;
