-- Reverts the migration. Only for tests; production only migrates up.

drop table audit_entry;
drop table audit_head;
drop table core_bank_evidence;
drop table core_bank_effect;
drop table upgrade_history;
drop table upgrade_qr;
drop table upgrade_case;
drop table members;
drop function madoguchi_append_only();
