-- The newest lease of each job that one node alone may run.
create table job_lease (
    job    text primary key,
    holder text not null,
    -- 1970-01-01: released.
    until  timestamptz not null,
    -- Rises with each grant; a renewal keeps it. Rows are never deleted, so that none is reused.
    fence  integer not null check (fence > 0)
);
