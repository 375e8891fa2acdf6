-- Jobs are kept here, and run by the clock in the Node process (src/cron), which is told of every change.
create schema cron;
create sequence cron.jobid_seq;
create sequence cron.runid_seq;
create table cron.job (
  jobid bigint primary key default nextval('cron.jobid_seq'),
  schedule text not null,
  command text not null,
  nodename text not null default 'localhost',
  nodeport int not null default 5432,
  database text not null default current_database(),
  username text not null default current_user,
  active boolean not null default true,
  jobname text,
  constraint jobname_username_uniq unique (jobname, username)
);
create table cron.job_run_details (
  jobid bigint,
  runid bigint primary key default nextval('cron.runid_seq'),
  job_pid int,
  database text,
  username text,
  command text,
  status text,
  return_message text,
  start_time timestamptz,
  end_time timestamptz
);

create function cron._changed() returns trigger language plpgsql set search_path = '' as $$
begin
  perform pg_notify('local_supabase_cron', '');
  return null;
end $$;
create trigger changed after insert or update or delete or truncate on cron.job
  for each statement execute function cron._changed();

-- Functions run as their caller: a job is its caller's, and the jobs of others are out of his reach.
alter table cron.job enable row level security;
create policy cron_job_policy on cron.job using (username = current_user);
alter table cron.job_run_details enable row level security;
create policy cron_job_run_details_policy on cron.job_run_details using (username = current_user);
grant select, insert, update, delete on cron.job to public;
grant select on cron.job_run_details to public;
grant usage on sequence cron.jobid_seq to public;

-- Five fields of cron, whatever follows them, or a number of seconds, or a name.
create function cron._is_schedule(schedule text) returns boolean
language plpgsql immutable set search_path = '' as $$
declare
  lows constant int[] := '{0,0,1,1,0}';
  highs constant int[] := '{59,23,31,12,7}';
  months constant text[] := '{jan,feb,mar,apr,may,jun,jul,aug,sep,oct,nov,dec}';
  days constant text[] := '{sun,mon,tue,wed,thu,fri,sat}';
  written constant text := btrim(lower(schedule), E' \t\n');
  fields constant text[] := regexp_split_to_array(written, '[ \t]+');
  seconds constant text := substring(written from '^0*(\d{1,3})\s*seconds?$');
  element text;
  part text[];
  edge text;
  number int;
  lowest int;
begin
  if seconds is not null then return seconds::int between 1 and 59; end if;
  if written ~ '^@(reboot|restart|yearly|annually|monthly|weekly|daily|midnight|hourly)$' then return true; end if;
  if coalesce(cardinality(fields), 0) < 5 then return false; end if;
  for place in 1..5 loop
    if place = 3 and fields[3] = '$' then continue; end if;
    if fields[place] !~ '^[^,]+(,[^,]+)*$' then return false; end if;
    foreach element in array string_to_array(fields[place], ',') loop
      part := regexp_match(element, '^(?:\*|([a-z]{3}|\d{1,3})(?:-([a-z]{3}|\d{1,3}))?)(?:/(\d{1,3}))?$');
      if part is null or part[3]::int = 0 or (part[1] is not null and part[2] is null and part[3] is not null)
        then return false;
      end if;
      lowest := lows[place];
      foreach edge in array part[1:2] loop
        continue when edge is null;
        number := case
          when edge ~ '\d' then edge::int
          when place = 4 then array_position(months, edge)
          when place = 5 then array_position(days, edge) - 1 end;
        if number is null or number < lowest or number > highs[place] then return false; end if;
        lowest := number;
      end loop;
    end loop;
  end loop;
  return true;
end $$;

create function cron._check(schedule text, database text, username text) returns void
language plpgsql stable set search_path = '' as $$
declare able boolean;
begin
  if schedule is not null and not cron._is_schedule(schedule) then
    raise 'invalid schedule: %', schedule using errcode = 'invalid_parameter_value',
      hint = 'Use cron format (e.g. 5 4 * * *), or interval format ''[1-59] seconds''';
  end if;
  if database is not null and not exists (select from pg_catalog.pg_database d where d.datname = database) then
    raise 'database "%" does not exist', database using errcode = '3D000';
  end if;
  if username is null then return; end if;
  if not (select rolsuper from pg_catalog.pg_roles where rolname = current_user) then
    raise 'must be superuser to create a job for another role';
  end if;
  select rolcanlogin into able from pg_catalog.pg_roles r where r.rolname = username;
  if able is null then raise 'role "%" does not exist', username; end if;
  if not able then
    raise 'role "%" can not log in', username
      using detail = 'Jobs may only be run by roles that have the LOGIN attribute.';
  end if;
end $$;

create function cron._keep(
  job_name text, schedule text, command text, database text, username text, active boolean
) returns bigint language plpgsql set search_path = '' as $$
declare id bigint;
begin
  if schedule is null then raise 'schedule can not be NULL'; end if;
  if command is null then raise 'command can not be NULL'; end if;
  perform cron._check(schedule, database, username);
  insert into cron.job as j (jobname, schedule, command, database, username, active)
  values (job_name, schedule, command, coalesce(database, current_database()),
    coalesce(username, current_user), coalesce(active, true))
  on conflict on constraint jobname_username_uniq do update set
    schedule = excluded.schedule, command = excluded.command, database = excluded.database
  returning j.jobid into id;
  return id;
end $$;
create function cron.schedule(schedule text, command text) returns bigint language sql as $$
  select cron._keep(null, schedule, command, null, null, true)
$$;
create function cron.schedule(job_name text, schedule text, command text) returns bigint language plpgsql as $$
begin
  if job_name is null then raise 'job_name can not be NULL'; end if;
  return cron._keep(job_name, schedule, command, null, null, true);
end $$;
create function cron.schedule_in_database(
  job_name text, schedule text, command text, database text, username text default null, active boolean default true
) returns bigint language plpgsql as $$
begin
  if job_name is null then raise 'job_name can not be NULL'; end if;
  return cron._keep(job_name, schedule, command, database, username, active);
end $$;

create function cron.unschedule(job_id bigint) returns boolean language plpgsql as $$
begin
  delete from cron.job where jobid = job_id;
  if not found then raise 'could not find valid entry for job %', job_id; end if;
  return true;
end $$;
create function cron.unschedule(job_name text) returns boolean language plpgsql as $$
begin
  delete from cron.job where jobname = job_name and username = current_user;
  if not found then raise 'could not find valid entry for job ''%''', job_name; end if;
  return true;
end $$;
create function cron.alter_job(
  job_id bigint, schedule text default null, command text default null, database text default null,
  username text default null, active boolean default null
) returns void language plpgsql set search_path = '' as $$
begin
  if job_id is null then raise 'job_id can not be NULL'; end if;
  if num_nonnulls(schedule, command, database, username, active) = 0 then
    raise 'no updates specified'
      using hint = 'You must specify at least one job attribute to change when calling alter_job';
  end if;
  perform cron._check(schedule, database, username);
  update cron.job as j set
    schedule = coalesce(alter_job.schedule, j.schedule), command = coalesce(alter_job.command, j.command),
    database = coalesce(alter_job.database, j.database), username = coalesce(alter_job.username, j.username),
    active = coalesce(alter_job.active, j.active)
  where j.jobid = job_id;
  if not found then raise 'Job % does not exist or you don''t own it', job_id; end if;
end $$;
