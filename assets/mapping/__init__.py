"""What does a file that another system exports say in our columns, exactly?

A mapping is a YAML file that a person who knows the export writes: which file fills which table, from
which of its columns each of ours is taken, in which unit, by whose clock. Nothing is guessed, and nothing is
rounded unless the mapping says so. Whatever does not fit is listed at once, with file, line and column, and
then nothing is used. Collected: the columns a mapping names. Never: any other; each is counted as dropped.
Least scopes: read access to the files.
"""
