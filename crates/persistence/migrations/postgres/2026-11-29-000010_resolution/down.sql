drop table resolution;
drop function madoguchi_resolution_final();
alter table members drop column confirmed_manually;
