-- Which API tokens does Okta accept, whose rights does each have, and how old is it? It says of none when it was used.
select
    'okta:' || instance || ':' || token_id as credential_key,
    'okta' as system_id,
    'okta:' || instance || ':' || user_id as account_key,
    token_id as native_id,
    'api_token' as kind,
    true as active,
    created_at,
    null::timestamptz as last_used_at
from okta_api_token
order by credential_key
