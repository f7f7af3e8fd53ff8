drop trigger audit_head_is_not_replaced;
drop trigger audit_head_stays;
drop trigger audit_head_seq_increases;
drop trigger person_version_is_not_replaced;
drop trigger effect_evidence_is_not_replaced;
drop trigger upgrade_history_is_not_replaced;
drop trigger audit_entry_is_not_replaced;
drop table write_probe;
