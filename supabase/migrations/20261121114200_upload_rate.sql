-- An upload takes space on somebody's bill; an administrator sets what it is worth.
insert into supanest.credit_usage_rates (endpoint_path, method, credits_per_request, description)
values ('/api/storage/buckets/:bucket/objects/*', 'POST', 1, 'Upload of a file')
on conflict do nothing;
