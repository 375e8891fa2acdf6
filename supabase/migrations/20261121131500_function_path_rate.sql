-- The same price for a path below a function: nobody gets round it by asking for more.
insert into supanest.credit_usage_rates (endpoint_path, credits_per_request, description)
values ('/api/functions/:name/*', 1, 'A call of a path of an Edge Function')
on conflict do nothing;
