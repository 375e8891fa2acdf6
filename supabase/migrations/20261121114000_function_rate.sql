-- A call of an Edge Function runs somebody's code on somebody's bill; an administrator sets what it is worth.
insert into supanest.credit_usage_rates (endpoint_path, credits_per_request, description)
values ('/api/functions/:name', 1, 'A call of an Edge Function')
on conflict do nothing;
