drop trigger audit_head_stays on audit_head;
drop trigger audit_head_begins on audit_head;
drop trigger audit_head_seq_increases on audit_head;
drop function madoguchi_audit_head_stays();
drop table write_probe;
