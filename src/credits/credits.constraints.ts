import type { ConstraintErrors } from '../platform/database/constraints.js';
import { conflict, invalidFields } from '../platform/errors/errors.js';

/** What the constraints of rates and tiers say to a client. */
export const CREDITS_CONSTRAINTS: ConstraintErrors = {
  credit_usage_rates_one_active_per_route_and_method: () =>
    conflict('An active rate for this path and method exists already.'),
  credit_usage_rates_endpoint_path_format: () =>
    invalidFields([
      { field: 'endpoint_path', message: 'endpoint_path must begin with / and have at most 500 characters' },
    ]),
  credit_usage_rates_method_known: () =>
    invalidFields([{ field: 'method', message: 'method must be GET, POST, PUT, PATCH or DELETE' }]),
  credit_usage_rates_credits_not_negative: () =>
    invalidFields([{ field: 'credits_per_request', message: 'credits_per_request must not be negative' }]),
  credit_usage_rates_description_length: () =>
    invalidFields([{ field: 'description', message: 'description must have at most 1000 characters' }]),
  tiers_daily_requests_not_negative: () =>
    invalidFields([{ field: 'daily_requests', message: 'daily_requests must not be negative' }]),
  tiers_signup_credits_not_negative: () =>
    invalidFields([{ field: 'signup_credits', message: 'signup_credits must not be negative' }]),
};
