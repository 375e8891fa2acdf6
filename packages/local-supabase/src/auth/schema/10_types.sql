-- GoTrue's schema, as hosted Supabase has it, so that migrations written for it (triggers on auth.users, foreign keys,
-- selects) work here. Every file of this folder may run again on a database that has it already.
create schema if not exists auth;

do $$
begin
  create type auth.aal_level as enum ('aal1', 'aal2', 'aal3');
exception when duplicate_object then null;
end $$;
do $$
begin
  create type auth.code_challenge_method as enum ('s256', 'plain');
exception when duplicate_object then null;
end $$;
do $$
begin
  create type auth.factor_status as enum ('unverified', 'verified');
exception when duplicate_object then null;
end $$;
do $$
begin
  create type auth.factor_type as enum ('totp', 'webauthn', 'phone', 'recovery_code');
exception when duplicate_object then
  alter type auth.factor_type add value if not exists 'recovery_code';
end $$;
do $$
begin
  create type auth.one_time_token_type as enum (
    'confirmation_token', 'reauthentication_token', 'recovery_token',
    'email_change_token_new', 'email_change_token_current', 'phone_change_token');
exception when duplicate_object then null;
end $$;
do $$
begin
  create type auth.oauth_registration_type as enum ('dynamic', 'manual');
exception when duplicate_object then null;
end $$;
do $$
begin
  create type auth.oauth_client_type as enum ('public', 'confidential');
exception when duplicate_object then null;
end $$;
do $$
begin
  create type auth.oauth_authorization_status as enum ('pending', 'approved', 'denied', 'expired');
exception when duplicate_object then null;
end $$;
do $$
begin
  create type auth.oauth_response_type as enum ('code');
exception when duplicate_object then null;
end $$;
