-- Which access keys does an AWS account have, how old are they, and when were they used?
select
    'aws:' || instance || ':' || access_key_id as credential_key,
    'aws' as system_id,
    'aws:' || instance || ':' || user_name as account_key,
    access_key_id as native_id,
    'access_key' as kind,
    status = 'Active' as active,
    created_at,
    last_used_at
from aws_access_key
order by credential_key
