-- Reverts the migration. Only for tests; production only migrates up.

drop table person_version;
drop table person;
drop table account;
