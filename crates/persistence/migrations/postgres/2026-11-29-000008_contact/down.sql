-- Reverts the migration. Only for tests; production only migrates up.

drop table contact_version;
drop table contact_editor;
drop table contact;
drop function madoguchi_contact_content();
drop function madoguchi_contact_editor();
drop function madoguchi_contact_final();
drop function madoguchi_contact_by_policy();
drop function madoguchi_contact_approved();
drop function madoguchi_contact_four_eyes();
