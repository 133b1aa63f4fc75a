-- R35: of every period whose report or return is to be there today, what does our ledger say each jurisdiction is owed,
-- and what the tax engine, or what was filed?
-- A jurisdiction is reported and filed for by the day where the register has a day of it, else by the month, and by its
-- own date: the days before and after are read too. The ledger's amount is null where not all of them were.
with
    ledger as (
        select *
        from reconciliation_tax_day
        union all
        select *
        from reconciliation_tax_day_before
    ),
    jurisdiction as (
        select jurisdiction
        from register_tax_registration
        where valid_from <= $day and (valid_to is null or valid_to >= $day - interval 62 day)
        union
        select jurisdiction
        from ledger
        union
        select jurisdiction
        from register_tax_return
    ),
    due as (
        select
            j.jurisdiction,
            c.compared_with,
            c.period_end,
            coalesce(bool_or(length(r.period) = 10), false) as by_day
        from jurisdiction as j
        cross join (
            values
            ('engine', ($day - to_days($engine_due_days::integer))::date),
            ('filed', ($day - to_days($filing_due_days::integer))::date)
        ) as c (compared_with, period_end)
        left join register_tax_return as r
            on r.jurisdiction = j.jurisdiction
            and r.source = c.compared_with
        group by all
    ),
    period as (
        select
            jurisdiction,
            compared_with,
            period_end,
            case
                when by_day then period_end
                else date_trunc('month', period_end)::date
            end as period_start,
            case
                when by_day then strftime(period_end, '%Y-%m-%d')
                else strftime(period_end, '%Y-%m')
            end as period
        from due
        where by_day or day(period_end + interval 1 day) = 1
    ),
    read_days as (
        select distinct day
        from snapshot_read
        where dataset = 'reconciliation_tax_day'
    ),
    covered as (
        select
            p.period,
            p.period_start,
            p.period_end,
            count(d.day) = p.period_end - p.period_start + 3 as whole
        from (
            select distinct
                period,
                period_start,
                period_end
            from period
        ) as p
        left join read_days as d
            on d.day between p.period_start - 1 and p.period_end + 1
        group by
            p.period,
            p.period_start,
            p.period_end
    ),
    owed as (
        select
            p.jurisdiction,
            p.period,
            p.compared_with,
            count(distinct t.currency) as currencies,
            any_value(t.currency) as currency,
            sum(t.documents) as documents,
            sum(t.taxable_minor - t.refunded_taxable_minor) as taxable_minor,
            sum(t.tax_minor - t.refunded_tax_minor) as tax_minor
        from period as p
        join ledger as t
            on t.jurisdiction = p.jurisdiction
            and t.tax_date between p.period_start and p.period_end
        group by all
    ),
    stated as (
        select
            jurisdiction,
            period,
            source,
            count(*) as statements,
            sum(taxable_minor) as taxable_minor,
            sum(tax_minor) as tax_minor,
            max(filed_on) as filed_on,
            bool_and(filed_on is not null) as filed,
            min(due_on) as due_on
        from register_tax_return
        group by
            jurisdiction,
            period,
            source
    )
select
    p.jurisdiction,
    p.period,
    p.compared_with,
    p.period_start,
    p.period_end,
    o.currency,
    coalesce(o.documents, 0)::bigint as documents,
    case
        when c.whole and coalesce(o.currencies, 0) <= 1 then coalesce(o.taxable_minor, 0)
    end::bigint as ledger_taxable_minor,
    case
        when c.whole and coalesce(o.currencies, 0) <= 1 then coalesce(o.tax_minor, 0)
    end::bigint as ledger_tax_minor,
    s.statements is not null and (p.compared_with = 'engine' or s.filed) as stated,
    s.taxable_minor::bigint as stated_taxable_minor,
    s.tax_minor::bigint as stated_tax_minor,
    s.filed_on,
    s.due_on
from period as p
join covered as c
    on c.period = p.period
    and c.period_start = p.period_start
left join owed as o
    on o.jurisdiction = p.jurisdiction
    and o.period = p.period
    and o.compared_with = p.compared_with
left join stated as s
    on s.jurisdiction = p.jurisdiction
    and s.period = p.period
    and s.source = p.compared_with
order by
    p.jurisdiction,
    p.period,
    p.compared_with
