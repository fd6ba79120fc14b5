{# What DuckDB does by where a row stands, and in one transaction. #}

{# Whether what a build changes, and what the journal says of it, can be one step. #}
{% macro duckdb__has_transactions() %}{{ return(true) }}{% endmacro %}


{# Whether there is a table of a model. #}
{% macro duckdb__stands(node) %}{{ return(standing(node.name) is not none) }}{% endmacro %}


{# Who reads the rows of a model that stay, as they stand, may do so while others are replaced. #}
{% macro duckdb__waits_for_readers(names) %}{% endmacro %}


{# The same for an incremental model, of which every day may be touched. #}
{% macro duckdb__is_partial_model() %}
    {{ return(model.resource_type == 'model' and is_incremental()) }}
{% endmacro %}


{# The few rows of a large table of which the condition is true: looked for in its columns alone, and read where they stand. A
   join reads all columns of each row that it leaves out, but not of those that lie before the first and after the last one
   asked for. So facts are stored by time (`order by`): touched rows are mostly new ones. Of a table that was written in
   parts, side by side, each in the order of a time, the time is asked for too (`by`). #}
{% macro duckdb__rows_found(relation, condition, by) -%}
    {%- if not by -%}
    (select * from {{ relation }} where rowid in (select rowid from {{ relation }} where {{ condition }}))
    {%- else -%}
    (
        with found as (
            select
                rowid as found_rowid,
                {{ by }}
            from {{ relation }}
            where {{ condition }}
        )

        select * from {{ relation }}
        where
            rowid in (select found_rowid from found)
            and {{ by }} in (select {{ by }} from found)
        union all
        select * from {{ relation }}
        where rowid in (
            select found_rowid from found
            where {{ by }} is null
        )
    )
    {%- endif -%}
{%- endmacro %}


{# Post-hook of the models that decide it: a build that makes everything anew replaces what the last one left, and where it
   dies half-way there is nothing to build on. Nor does the serving copy gain by it. #}
{% macro duckdb__forget_what_is_not_built_on() %}
    {{ return(
        "delete from {{ journal('builds') }} where not (select builds_on_the_last from {{ this }});"
        "delete from {{ journal('published') }} where not (select builds_on_the_last from {{ this }})"
    ) }}
{% endmacro %}


{# Post-hook of a ledger, in the transaction that filled it: what it has read now. #}
{% macro duckdb__journal_parts_read(name) %}
    {% set is_read = "raw_table = " ~ raw_literal(name) ~ " and is_to_be_read" %}
    {% set parts = "{{ ref('stg_messaging__raw_parts') }}" %}
    {{ return(
        "delete from {{ journal('parts_read') }} where raw_table = " ~ raw_literal(name) ~ " and (part in (select part from "
        ~ parts ~ " where " ~ is_read ~ ") or not (select builds_on_the_last from {{ ref('stg_messaging__definitions') }})); "
        ~ "insert into {{ journal('parts_read') }} select raw_table, part, fingerprint, {{ raw_literal(raw_source()) }} from "
        ~ parts ~ " where " ~ is_read
        ~ ("; {{ journal_persons() | join('; ') }}" if name == 'raw_conversation_events')
    ) }}
{% endmacro %}


{# The order in which the rows of days are stored: the touched ones are mostly the last, and what lies before them is skipped. #}
{% macro duckdb__in_order_of(day) %}{{ return('order by ' ~ day) }}{% endmacro %}
