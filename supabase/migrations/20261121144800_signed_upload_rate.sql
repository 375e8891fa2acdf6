-- A signed URL is an upload that goes past this API: it costs what the upload itself would.
insert into supanest.credit_usage_rates (endpoint_path, method, credits_per_request, description)
values ('/api/storage/buckets/:bucket/signed-upload-urls', 'POST', 1, 'A URL for an upload')
on conflict do nothing;
