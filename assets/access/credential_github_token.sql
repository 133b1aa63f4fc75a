-- Which fine-grained tokens were let into a GitHub organisation, whose rights does each have, and when was it used?
-- GitHub says when a token was let in and not when it was made, so that its age is not known. Classic tokens it
-- lists to nobody.
select
    'github:' || instance || ':token:' || token_id as credential_key,
    'github' as system_id,
    'github:' || instance || ':' || owner_id as account_key,
    token_id as native_id,
    'personal_access_token' as kind,
    not is_expired as active,
    null::timestamptz as created_at,
    last_used_at
from github_personal_access_token
order by credential_key
