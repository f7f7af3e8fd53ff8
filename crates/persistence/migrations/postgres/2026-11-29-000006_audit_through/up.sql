-- Who called in the name of the actor, if not the actor itself. `not valid`: rows from before have
-- none, and need not be read under a lock of the whole table.
alter table audit_entry
    add column through_issuer  text,
    add column through_subject text,
    add column through_kind    text,
    add constraint audit_entry_through
        check (num_nulls(through_issuer, through_subject, through_kind) in (0, 3)) not valid;
