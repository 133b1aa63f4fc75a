-- Who has an account in the admin panel?
select
    user_id,
    sso_subject,
    status,
    mfa,
    created_at,
    last_login_at
from evidence.users
order by user_id
