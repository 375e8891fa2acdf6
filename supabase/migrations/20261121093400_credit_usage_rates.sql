-- Two spellings of one route are one route: /api/x, /api/v1/x/ and /x; /x/:id, /x/:name and /x/{id}.
-- The service's own matcher (src/credits/rate-path.ts) does the same.
create function supanest.route_key(p_path text) returns text
language sql
immutable
strict
set search_path = ''
as $$
  select case when short = '' then '/' else short end
  from (
    select rtrim(
      regexp_replace(
        regexp_replace(
          regexp_replace('/' || ltrim(p_path, '/'), '^/api(/v1)?(?=/|$)', ''),
          '(?<=/)(:[^/]*|\{[^/]*\})(?=/|$)', ':', 'g'
        ),
        '(?<=/)\*[^/]*(?=/|$)', '*', 'g'
      ),
      '/'
    ) as short
  ) normalised
$$;

comment on function supanest.route_key(text) is 'A route path without its representation prefix, trailing slash and parameter names.';

create table supanest.credit_usage_rates (
  id integer generated always as identity primary key,
  endpoint_path text not null,
  route_key text not null generated always as (supanest.route_key(endpoint_path)) stored,
  method text,
  credits_per_request integer not null,
  description text not null default '',
  is_active boolean not null default true,
  created_at timestamptz not null default now(),
  updated_at timestamptz not null default now(),
  constraint credit_usage_rates_endpoint_path_format check (endpoint_path ~ '^/' and length(endpoint_path) <= 500),
  constraint credit_usage_rates_method_known check (method in ('GET', 'POST', 'PUT', 'PATCH', 'DELETE')),
  constraint credit_usage_rates_credits_not_negative check (credits_per_request >= 0),
  constraint credit_usage_rates_description_length check (length(description) <= 1000)
);

comment on table supanest.credit_usage_rates is 'What a request costs. Cached by replicas; see supanest.configuration.';
comment on column supanest.credit_usage_rates.endpoint_path is 'Exact path or route pattern with :name or * parts, as the administrator wrote it.';
comment on column supanest.credit_usage_rates.route_key is 'The same without its spelling: what makes two rates the same.';
comment on column supanest.credit_usage_rates.method is 'HTTP method in capitals; null for all.';

create unique index credit_usage_rates_one_active_per_route_and_method
  on supanest.credit_usage_rates (route_key, coalesce(method, '*')) where is_active;

alter table supanest.credit_usage_rates enable row level security;

create trigger credit_usage_rates_touch before update on supanest.credit_usage_rates
  for each row execute function supanest.touch_updated_at();

create trigger credit_usage_rates_announce after insert or update or delete or truncate on supanest.credit_usage_rates
  for each statement execute function supanest.announce_change();

revoke all on all functions in schema supanest from public;
