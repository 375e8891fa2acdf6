create table if not exists auth.mfa_recovery_code_sets (
  id uuid not null primary key,
  user_id uuid not null
    constraint mfa_recovery_code_sets_user_id_key unique
    constraint mfa_recovery_code_sets_user_id_fkey references auth.users (id) on delete cascade,
  mfa_factor_id uuid not null
    constraint mfa_recovery_code_sets_mfa_factor_id_key unique
    constraint mfa_recovery_code_sets_mfa_factor_id_fkey references auth.mfa_factors (id) on delete cascade,
  failed_verification_count integer not null default 0
    constraint mfa_recovery_code_sets_failed_verification_count_check check (failed_verification_count >= 0),
  verification_locked_until timestamp with time zone,
  created_at timestamp with time zone not null default now(),
  updated_at timestamp with time zone not null default now()
);

create table if not exists auth.mfa_recovery_codes (
  id uuid not null primary key,
  mfa_recovery_code_set_id uuid not null
    constraint mfa_recovery_codes_mfa_recovery_code_set_id_fkey
    references auth.mfa_recovery_code_sets (id) on delete cascade,
  code_hash text not null,
  consumed_at timestamp with time zone,
  created_at timestamp with time zone not null default now()
);
create index if not exists mfa_recovery_codes_set_id_idx on auth.mfa_recovery_codes (mfa_recovery_code_set_id);
