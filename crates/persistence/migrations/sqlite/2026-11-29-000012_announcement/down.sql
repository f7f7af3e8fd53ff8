drop table announcement_recipient;
drop table announcement_editor;
drop table announcement;
