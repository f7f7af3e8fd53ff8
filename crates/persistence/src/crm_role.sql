-- Creates the role {role} for a system that reads the views of this version, or corrects it.
-- Run it as an administrator of the primary database, and again after each migration:
--   madoguchi crm-role --name {role} --database {database} | psql --host HOST --username ADMIN
-- The script holds no password. Set one afterwards, which psql sends as a hash: \password {role}
\set ON_ERROR_STOP on
\connect "{database}"
begin;

do $$
begin
    if not exists (select from pg_roles where rolname = '{role}') then
        create role "{role}" nologin;
    end if;
    if exists (select from pg_roles where rolname = '{role}'
            and (rolsuper or rolcreaterole or rolcreatedb or rolreplication or rolbypassrls)) then
        raise exception 'the role {role} has the rights of an administrator: choose another name';
    end if;
    if exists (select from pg_auth_members where member = '"{role}"'::regrole) then
        raise exception 'the role {role} is a member of another role: choose another name';
    end if;
    if exists (select from pg_shdepend
            where refclassid = 'pg_authid'::regclass and refobjid = '"{role}"'::regrole
                and deptype = 'o') then
        raise exception 'the role {role} owns something: choose another name';
    end if;
end
$$;

alter role "{role}" login noinherit connection limit {connections};
alter role "{role}" set default_transaction_read_only = on;
alter role "{role}" set statement_timeout = '{timeout_s}s';
alter role "{role}" set lock_timeout = '1s';
alter role "{role}" set idle_in_transaction_session_timeout = '{timeout_s}s';

do $$
declare
    writer regrole;
    written regprocedure;
begin
    -- Everyone may create tables, before PostgreSQL 15: who writes ours keeps that right.
    if has_schema_privilege('public', 'public', 'create') then
        for writer in select relowner from pg_class where relnamespace = 'public'::regnamespace
            union select acl.grantee from pg_class, aclexplode(relacl) as acl
                where relnamespace = 'public'::regnamespace and acl.grantee <> 0
                    and acl.privilege_type = 'INSERT'
        loop
            execute format('grant usage, create on schema public to %s', writer);
        end loop;
    end if;
    -- Everyone may create large objects, also without any table.
    for written in select oid::regprocedure from pg_proc
        where pronamespace = 'pg_catalog'::regnamespace and proname in ('lo_create', 'lo_creat',
            'lo_from_bytea', 'lo_put', 'lo_truncate', 'lo_truncate64', 'lo_unlink', 'lowrite')
    loop
        begin
            execute format('revoke execute on function %s from public', written);
        exception when insufficient_privilege then
            raise notice 'only a superuser can take % from everyone', written;
        end;
    end loop;
end
$$;
revoke create on schema public from public;
revoke temporary on database "{database}" from public;
revoke all on all tables in schema public from public;
revoke all on all sequences in schema public from public;
revoke all on all functions in schema public from public;

revoke all on database "{database}" from "{role}";
revoke all on schema public from "{role}";
revoke all on all tables in schema public from "{role}";
revoke all on all sequences in schema public from "{role}";
revoke all on all functions in schema public from "{role}";

grant connect on database "{database}" to "{role}";
grant usage on schema public to "{role}";
grant select on public.crm_contact_v1, public.crm_person_v1, public.crm_upgrade_v1 to "{role}";

-- What somebody else granted, or will grant by default, is not ours to take.
do $$
declare
    found text;
begin
    select string_agg(distinct pg_describe_object(classid, objid, objsubid), ', ') into found
        from pg_shdepend
        where refclassid = 'pg_authid'::regclass and refobjid = '"{role}"'::regrole
            and dbid = (select oid from pg_database where datname = current_database())
            and deptype = 'a'
            and not (classid = 'pg_namespace'::regclass and objid = 'public'::regnamespace)
            and not (classid = 'pg_class'::regclass and objid in ('public.crm_contact_v1'::regclass,
                'public.crm_person_v1'::regclass, 'public.crm_upgrade_v1'::regclass));
    if found is not null then
        raise exception 'the role {role} has other rights: revoke them first, on: %', found;
    end if;
end
$$;

commit;
