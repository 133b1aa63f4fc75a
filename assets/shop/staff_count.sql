-- How many rows does the database itself say the views of staff have?
select
    (select count(*) from evidence.users) as users,
    (select count(*) from evidence.user_roles) as user_roles
