drop table resolution;
alter table members drop column confirmed_manually;
