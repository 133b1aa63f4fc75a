-- R50: who made each manual adjustment, who agreed and when, and how much was that person allowed to change?
-- A limit is a person's own or that of a role the person has in the admin panel. Without one nobody may change anything,
-- so that a missing one counts as 0; of an amount whose currency nobody knows, no limit can be told.
with
    placed as (
        select
            order_id,
            currency
        from shop_order
        union all
        select
            order_id,
            currency
        from shop_earlier_order
    ),
    stated as (
        select
            m.*,
            coalesce(m.currency, p.currency) as known_currency
        from shop_manual_adjustment as m
        left join placed as p
            on p.order_id = m.entity_id
            and m.entity = 'order'
    ),
    allowed as (
        select
            s.adj_id,
            max(l.limit_minor) as limit_minor
        from stated as s
        join register_approval_limit as l
            on l.entity = s.entity
            and l.currency = s.known_currency
        where l.actor = s.actor or exists (
            select 1
            from shop_user_role as r
            where r.user_id = s.actor and l.actor = 'role:' || r.role
        )
        group by s.adj_id
    )
select
    s.adj_id,
    s.entity,
    s.entity_id,
    s.known_currency as currency,
    s.amount_minor,
    abs(s.amount_minor) as magnitude_minor,
    s.actor,
    s.approver,
    case
        when s.approver is null then 'nobody'
        when s.approver = s.actor then 'self'
        when s.actor is not null then 'another'
    end as second_person,
    s.approved_at,
    s.applied_at,
    s.ticket_key,
    case
        when s.amount_minor is null or s.known_currency is not null then coalesce(a.limit_minor, 0)
    end as limit_minor
from stated as s
left join allowed as a
    on a.adj_id = s.adj_id
order by s.adj_id
