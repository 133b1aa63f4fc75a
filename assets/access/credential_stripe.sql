-- Which API keys does a Stripe account have, how old are they, and when were they used? They are the account's and
-- no user's. A publishable key stands in every shopper's browser and is no secret; a test key moves no money.
select
    'stripe:' || instance || ':' || key_id as credential_key,
    'stripe' as system_id,
    null::varchar as account_key,
    key_id as native_id,
    case when livemode then type else 'test_' || type end as kind,
    status = 'active' as active,
    created_at,
    last_used_at
from stripe_api_key
order by credential_key
