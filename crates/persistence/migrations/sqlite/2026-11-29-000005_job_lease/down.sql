-- Reverts the migration. Only for tests; production only migrates up.

drop table job_lease;
