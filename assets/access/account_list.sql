-- Which accounts does a system have of which somebody dropped a list?
select
    system_id || ':' || instance || ':' || native_id as account_key,
    system_id,
    native_id,
    login,
    account_type,
    status,
    enabled,
    mfa,
    strong_factor_count,
    phishing_resistant_factor_count,
    weak_factor_count,
    is_admin,
    console_access,
    created_at,
    last_login_at,
    status_changed_at,
    upstream_id
from list_account
order by account_key
