-- Writing one row of no meaning shows whether anything can be written.
create table write_probe (
    id     integer primary key check (id = 0),
    filler blob not null
) strict;
insert into write_probe (id, filler) values (0, x'');

-- `insert or replace` deletes the old row without its delete triggers.
create trigger audit_entry_is_not_replaced before insert on audit_entry
when exists (select 1 from audit_entry where seq = new.seq)
begin
    select raise(abort, 'audit_entry is append-only');
end;
create trigger upgrade_history_is_not_replaced before insert on upgrade_history
when exists (select 1 from upgrade_history where case_id = new.case_id and version = new.version)
begin
    select raise(abort, 'upgrade_history is append-only');
end;
create trigger effect_evidence_is_not_replaced before insert on effect_evidence
when exists (select 1 from effect_evidence where evidence_id = new.evidence_id)
begin
    select raise(abort, 'effect_evidence is append-only');
end;
create trigger person_version_is_not_replaced before insert on person_version
when exists (select 1 from person_version where version_id = new.version_id
    or (data_key_id = new.data_key_id and version = new.version))
begin
    select raise(abort, 'person_version is append-only');
end;

-- The head of the audit log stays, and its seq increases.
create trigger audit_head_seq_increases before update on audit_head
when new.stream <> old.stream or new.seq <= old.seq
begin
    select raise(abort, 'the seq of the head of the audit log increases');
end;
create trigger audit_head_stays before delete on audit_head
begin
    select raise(abort, 'the head of the audit log stays');
end;
create trigger audit_head_is_not_replaced before insert on audit_head
when new.seq <> 0 or exists (select 1 from audit_head where stream = new.stream)
begin
    select raise(abort, 'the head of the audit log stays');
end;
