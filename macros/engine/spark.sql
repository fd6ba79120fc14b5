{# What Spark says in its own words. A session's settings (profiles.yml) do the rest: times are UTC,
   names may stand in double quotes, and what cannot be cast is an error. What DuckDB and Spark only spell
   differently is no word of its own: see spark_spelling.sql. #}

{% macro spark__is_text(column) %}typeof({{ column }}) = 'string'{% endmacro %}

{# The end of a text is \z: before a last line break $ ends as well. #}
{% macro spark__text_matches(text, pattern) %}{{ text }} rlike '\A(?:{{ pattern }})\z'{% endmacro %}

{% macro spark__utc_milliseconds(column) %}date_trunc('MILLISECOND', try_cast({{ column }} as timestamp)){% endmacro %}

{% macro spark__with_seconds(text) %}regexp_replace({{ text }}, '^(.{16})(Z|[+-].*)$', '$1:00$2'){% endmacro %}

{% macro spark__milliseconds_between(start, end) %}unix_millis({{ end }}) - unix_millis({{ start }}){% endmacro %}

{% macro spark__epoch_milliseconds(timestamp) %}unix_millis({{ timestamp }}){% endmacro %}

{% macro spark__timestamp_from_milliseconds(milliseconds) %}timestamp_millis(cast({{ milliseconds }} as bigint)){% endmacro %}

{# The engine takes the first of two equal local times, and reads one that is skipped with the offset before the change. #}
{% macro spark__local_midnight(date, timezone) %}to_utc_timestamp(cast({{ date }} as timestamp), '{{ timezone }}'){% endmacro %}

{% macro spark__local_date(timestamp, timezone) %}cast(from_utc_timestamp({{ timestamp }}, '{{ timezone }}') as date){% endmacro %}

{% macro spark__utc_from_local(local_time, timezone) %}to_utc_timestamp({{ local_time }}, {{ timezone }}){% endmacro %}

{# The engine has no list of its zones; that of Python's is of the same source. #}
{% macro spark__timezone_names() %}select explode(array('{{ modules.pytz.all_timezones | join("', '") }}')) as name{% endmacro %}

{# Without a join for it: a row is the latest until the next begins. #}
{% macro spark__join_latest(relation, alias, keys, latest, operator, moment) -%}
    left join (
        select
            *,
            lead({{ latest }}) over (partition by {{ keys | join(', ') }} order by {{ latest }}) as next_{{ latest }}
        from {{ relation }}
        where {{ latest }} is not null
    ) as {{ alias }}
        on
            {%- for key, value in keys.items() %}
            {{ value }} = {{ alias }}.{{ key }} and
            {%- endfor %}
            {{ moment }} {{ operator }} {{ alias }}.{{ latest }}
            and coalesce(not ({{ moment }} {{ operator }} {{ alias }}.next_{{ latest }}), true)
{%- endmacro %}

{# A row is the next until the one before it is not over. #}
{% macro spark__join_next(relation, alias, keys, next, moment) -%}
    left join (
        select
            *,
            lag({{ next }}) over (partition by {{ keys | join(', ') }} order by {{ next }}) as previous_{{ next }}
        from {{ relation }}
        where {{ next }} is not null
    ) as {{ alias }}
        on
            {%- for key, value in keys.items() %}
            {{ value }} = {{ alias }}.{{ key }} and
            {%- endfor %}
            {{ moment }} < {{ alias }}.{{ next }}
            and coalesce({{ moment }} >= {{ alias }}.previous_{{ next }}, true)
{%- endmacro %}

{% macro spark__integer_quotient(dividend, divisor) %}({{ dividend }}) div ({{ divisor }}){% endmacro %}

{% macro spark__last_value_before(expression, partition_by, order_by) -%}
    last_value({{ expression }}) ignore nulls over (
        partition by {{ partition_by }} order by {{ order_by }} rows between unbounded preceding and 1 preceding
    )
{%- endmacro %}

{# The parser stops where a first value ends, and overlooks what comes after it: what is one value is one in brackets, too, and
   with a key after it. #}
{% macro spark__is_json_object(text) -%}
    coalesce(
        startswith(schema_of_variant(variant_get(try_parse_json('{"whole":' || {{ text }} || ',"end":0}'), '$.whole')), 'OBJECT')
        and try_parse_json('[' || {{ text }} || ']') is not null,
        false
    )
{%- endmacro %}

{# One parse for all keys: the array of one map gives it a name. #}
{% macro spark__json_texts(text, keys) -%}
    transform(
        array(from_json({{ text }}, 'map<string, string>')), found -> transform(array('{{ keys | join("', '") }}'), key -> found[key])
    )[0]
{%- endmacro %}

{% macro spark__list_item(list, index) %}{{ list }}[{{ index }}]{% endmacro %}

{% macro spark__row_of(columns) %}struct({{ columns | join(', ') }}){% endmacro %}

{% macro spark__stop_with(message) %}raise_error({{ message }}){% endmacro %}

{% macro spark__code_points(text) %}regexp_extract_all({{ text }}, '(?s)(.)', 1){% endmacro %}

{% macro spark__is_single_code_point(text) %}length({{ text }}) = 1{% endmacro %}

{% macro spark__code_point(text) %}ascii({{ text }}){% endmacro %}

{% macro spark__has_non_ascii(text) %}octet_length({{ text }}) > length({{ text }}){% endmacro %}

{% macro spark__fingerprint_of_lines(line) %}md5(coalesce(listagg({{ line }}, chr(10)) within group (order by {{ line }}), '')){% endmacro %}

{% macro spark__fingerprint_of_rows(relation, columns) -%}
    (select {{ fingerprint_of_lines('line') }} from (
        select concat_ws('|'{% for column in columns %}, coalesce(cast({{ column }} as varchar), ''){% endfor %}) as line
        from {{ relation }}
    ))
{%- endmacro %}

{# Of a first that comes after the last the engine would count backwards. #}
{% macro spark__date_series(first_date, last_date) -%}
    explode(case
        when cast({{ first_date }} as date) <= cast({{ last_date }} as date)
            then sequence(cast({{ first_date }} as date), cast({{ last_date }} as date), interval 1 day)
    end)
{%- endmacro %}

{% macro spark__number_series(first_number, last_number) -%}
    explode(case
        when {{ first_number }} <= {{ last_number }}
            then sequence(cast({{ first_number }} as bigint), cast({{ last_number }} as bigint), cast(1 as bigint))
    end)
{%- endmacro %}

{% macro spark__local_hour(timestamp, timezone) %}hour(from_utc_timestamp({{ timestamp }}, '{{ timezone }}')){% endmacro %}

{% macro spark__list_of(expression, order_by) %}{{ 'array_sort(' if order_by }}array_agg({{ expression }}){{ ')' if order_by }}{% endmacro %}

{% macro spark__position_in_list(list, item) %}nullif(array_position({{ list }}, {{ item }}), 0){% endmacro %}

{% macro spark__json_object_of(texts) -%}
    to_json(named_struct(
        {%- for key, text in texts.items() %}'{{ key }}', {{ text }}{{ ', ' if not loop.last }}{% endfor -%}
    ))
{%- endmacro %}

{% macro spark__kept_code_points(text, kept) -%}
    array_join(filter({{ spark__code_points(text) }}, code_point -> array_contains({{ kept }}, code_point)), '')
{%- endmacro %}

{% macro spark__map_of(key, value) %}map_from_entries(array_agg(struct({{ key }}, {{ value }}))){% endmacro %}

{% macro spark__pattern_of_any(texts) -%}
    array_join(transform(
        array_sort({{ texts }}, (one, other) -> case
            when length(one) > length(other) or (length(one) = length(other) and one < other) then -1
            when one = other then 0
            else 1
        end),
        word -> concat('\Q', replace(word, '\E', '\E\\E\Q'), '\E')
    ), '|')
{%- endmacro %}

{% macro spark__replaced_pattern(text, pattern, replacement) %}regexp_replace({{ text }}, {{ pattern }}, {{ replacement }}){% endmacro %}

{# Pieces are numbered from 0, as `get` counts. #}
{% macro spark__replaced_each(text, names) -%}
    {% set pattern = spark__pattern_of_any('map_keys(' ~ names ~ ')') -%}
    array_join(transform(
        split({{ text }}, {{ pattern }}, -1),
        (piece, number) -> concat(piece, coalesce({{ names }}[get(regexp_extract_all({{ text }}, {{ pattern }}, 0), number)], ''))
    ), '')
{%- endmacro %}

{# What computes the numbers, as one hash: the session is prepared with it. #}
{% macro spark__code_of_project() %}
    {{ return(run_query('select fingerprint from code_of_project').columns[0].values()[0]) }}
{% endmacro %}

{# A null leaves the engine's hash as it was: which column is null has to be said. #}
{% macro spark__hash_of(columns) -%}
    hash({{ columns | join(', ') }}{% if columns | length > 1 %}, {{ columns | join(' is null, ') }} is null{% endif %})
{%- endmacro %}

{% macro spark__as_spelt(sql) %}{{ return(respelt(sql)) }}{% endmacro %}

{# It does so by itself. #}
{% macro spark__inlined() %}{% endmacro %}

{# It is many folders. #}
{% macro spark__warehouse_path() %}{{ return(none) }}{% endmacro %}

{% macro spark__tables_of_schema(schema) %}
    {{ return(run_query('show tables in ' ~ schema).columns['tableName'].values() | list) }}
{% endmacro %}

{% macro spark__attached_files() %}{{ return([]) }}{% endmacro %}
