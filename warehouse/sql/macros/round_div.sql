-- What is n / d, rounded to a whole number by half_up, half_down, half_even, down or up?
-- By its magnitude: -n rounds to the opposite of n. A null in n, d or mode gives null; what cannot be told exactly is
-- an error. DuckDB divides HUGEINT about twenty times slower than BIGINT, hence the way for what fits in the latter.
create macro round_div(n, d, mode) as
    case
        when typeof(n) in ('DOUBLE', 'FLOAT') or typeof(n) like 'DECIMAL%'
            then error('round_div: expected a whole number to divide, found a ' || typeof(n))
        when typeof(d) in ('DOUBLE', 'FLOAT') or typeof(d) like 'DECIMAL%'
            then error('round_div: expected a whole number to divide by, found a ' || typeof(d))
        when d <= 0 then error('round_div: expected a positive number to divide by, found ' || d)
        when n between -2305843009213693952 and 2305843009213693952 and d <= 1152921504606846976 then
            (
                2 * try_cast(n as bigint) + sign(n) * case mode
                    when 'half_up' then try_cast(d as bigint)
                    when 'half_even' then
                        try_cast(d as bigint) - 1 + abs(try_cast(n as bigint) // try_cast(d as bigint)) % 2
                    when 'half_down' then try_cast(d as bigint) - 1
                    when 'down' then 0
                    when 'up' then 2 * try_cast(d as bigint) - 1
                    else error('round_div: there is no rounding mode ' || mode)
                end
            ) // (2 * try_cast(d as bigint))
        else
            n::hugeint // d::hugeint + sign(n) * case mode
                when 'half_up' then (2 * abs(n::hugeint % d::hugeint) >= d)::int
                when 'half_even' then
                    (2 * abs(n::hugeint % d::hugeint) + abs(n::hugeint // d::hugeint % 2) > d)::int
                when 'half_down' then (2 * abs(n::hugeint % d::hugeint) > d)::int
                when 'down' then 0
                when 'up' then (n::hugeint % d::hugeint <> 0)::int
                else error('round_div: there is no rounding mode ' || mode)
            end
    end;
comment on macro round_div is 'n / d as a whole number, rounded half_up, half_down, half_even, down or up';
