-- Which role and permission does each account of the admin panel have, from when and until when?
select
    user_id,
    role,
    permission,
    scope,
    granted_at,
    granted_by,
    expires_at
from evidence.user_roles
order by
    user_id,
    role,
    permission,
    scope
