-- Who called in the name of the actor, if not the actor itself.
alter table audit_entry add column through_issuer text;
alter table audit_entry add column through_subject text;
alter table audit_entry add column through_kind text
    check ((through_issuer is null) = (through_kind is null)
        and (through_subject is null) = (through_kind is null));
