-- Reverts the migration. Only for tests; production only migrates up.

drop table contact_version;
drop table contact_editor;
drop table contact;
