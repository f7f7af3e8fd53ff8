-- Inserting into it, and rolling back, shows whether anything can be written. Each row needs a page
-- of its own, so that a full disk shows. It is not logged: nothing is ever stored in it.
create unlogged table write_probe (filler bytea not null)
    with (autovacuum_vacuum_threshold = 100, autovacuum_vacuum_scale_factor = 0);
alter table write_probe alter column filler set storage plain;

create function madoguchi_audit_head_stays() returns trigger language plpgsql as $$
begin
    raise exception 'the head of the audit log stays, and its seq increases';
end
$$;

create trigger audit_head_seq_increases before update on audit_head
    for each row when (new.stream <> old.stream or new.seq <= old.seq)
    execute function madoguchi_audit_head_stays();
create trigger audit_head_begins before insert on audit_head
    for each row when (new.seq <> 0) execute function madoguchi_audit_head_stays();
create trigger audit_head_stays before delete or truncate on audit_head
    for each statement execute function madoguchi_audit_head_stays();
