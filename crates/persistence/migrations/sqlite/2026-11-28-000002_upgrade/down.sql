-- Reverts the migration. Only for tests; production only migrates up.

drop table upgrade_history;
drop table upgrade_qr;
drop table upgrade_check;
drop table upgrade_case;
drop table members;
