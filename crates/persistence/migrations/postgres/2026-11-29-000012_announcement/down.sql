drop table announcement_recipient;
drop table announcement_editor;
drop table announcement;
drop function madoguchi_announcement_four_eyes();
drop function madoguchi_announcement_final();
drop function madoguchi_announcement_recipient();
