-- Reverts the migration. Only for tests; production only migrates up.

drop table key_report;
drop table blind_index;
drop table data_key;
