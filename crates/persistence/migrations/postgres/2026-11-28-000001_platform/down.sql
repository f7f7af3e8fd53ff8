-- Reverts the migration. Only for tests; production only migrates up.

drop table effect_evidence;
drop table effect;
drop table audit_entry;
drop table audit_head;
drop function madoguchi_append_only();
