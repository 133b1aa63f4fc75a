-- How is an amount spread over weights so that the parts are whole and sum to it exactly?
-- Each part is rounded down; what is left over goes, one by one, to the largest remainders, the first of equal ones.
-- Weights are no less than 0. Where they sum to 0 there is nothing to spread an amount over, which is an error.
create macro largest_remainder(amount, weights) as
    case
        when list_min(weights) < 0 then error('largest_remainder: a weight is negative: ' || weights::varchar)
        when amount <> 0 and coalesce(list_sum(weights), 0) = 0
            then error('largest_remainder: nothing to spread ' || amount || ' over')
        when amount = 0 then list_transform(weights, lambda w: 0::hugeint)
        else list_transform(
            weights,
            lambda w, i: sign(amount) * (
                abs(amount::hugeint) * w // list_sum(weights)::hugeint
                + case
                    when len(
                        list_filter(
                            weights,
                            lambda v, j:
                                abs(amount::hugeint) * v % list_sum(weights)::hugeint
                                > abs(amount::hugeint) * w % list_sum(weights)::hugeint
                                or (
                                    abs(amount::hugeint) * v % list_sum(weights)::hugeint
                                    = abs(amount::hugeint) * w % list_sum(weights)::hugeint
                                    and j < i
                                )
                        )
                    ) < abs(amount::hugeint) - list_sum(
                        list_transform(weights, lambda u: abs(amount::hugeint) * u // list_sum(weights)::hugeint)
                    )
                        then 1
                    else 0
                end
            )
        )
    end;
comment on macro largest_remainder is 'The parts of an amount by weight, in the order of the weights; they sum to it';
