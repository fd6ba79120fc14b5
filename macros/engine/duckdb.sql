{# What DuckDB says in its own words. Everything else in the project is SQL that other engines read too. #}

{% macro duckdb__is_text(column) %}typeof({{ column }}) = 'VARCHAR'{% endmacro %}

{% macro duckdb__text_matches(text, pattern) %}regexp_full_match({{ text }}, '{{ pattern }}'){% endmacro %}

{# try_cast to timestamptz honours the offset that a cast to timestamp drops; epoch_ms floors to the millisecond and
   is ten times faster than going through the session's zone. #}
{% macro duckdb__utc_milliseconds(column) -%}
    make_timestamp(epoch_ms(try_cast({{ column }} as timestamptz)) * 1000)
{%- endmacro %}

{# 08:00Z is a time of day that try_cast does not know; 08:00:00Z it does. #}
{% macro duckdb__with_seconds(text) %}regexp_replace({{ text }}, '^(.{16})(Z|[+-].*)$', '\1:00\2'){% endmacro %}

{% macro duckdb__milliseconds_between(start, end) %}epoch_ms({{ end }}) - epoch_ms({{ start }}){% endmacro %}

{% macro duckdb__epoch_milliseconds(timestamp) %}epoch_ms({{ timestamp }}){% endmacro %}

{% macro duckdb__timestamp_from_milliseconds(milliseconds) %}make_timestamp(({{ milliseconds }}) * 1000){% endmacro %}

{# The first instant of a local day. Where a change of the clocks repeats midnight the engine takes the later one; an
   instant that lies a whole repeat earlier and has the same local time is the one that is meant. #}
{% macro duckdb__local_midnight(date, timezone) -%}
    {%- set midnight = 'cast(' ~ date ~ ' as timestamp)' -%}
    {%- set later = "timezone('UTC', timezone('" ~ timezone ~ "', " ~ midnight ~ '))' -%}
    case
        when timezone('{{ timezone }}', timezone('UTC', {{ later }} - interval 1 hour)) = {{ midnight }} then {{ later }} - interval 1 hour
        else {{ later }}
    end
{%- endmacro %}

{% macro duckdb__local_date(timestamp, timezone) %}cast(timezone('{{ timezone }}', timezone('UTC', {{ timestamp }})) as date){% endmacro %}

{# A local time of a zone (both columns) as UTC: one that is repeated is its first occurrence, one that is skipped is read
   with the offset before the change. The engine agrees on the skipped and takes the later of the repeated, which gives
   itself away: three hours before it the local clock was not three hours behind. Then the earliest instant that shows the same
   local time is meant; zones have fallen back by three hours, two, one and half an hour. #}
{% macro duckdb__utc_from_local(local_time, timezone) -%}
    {%- set later = 'timezone(' ~ timezone ~ ', ' ~ local_time ~ ')' -%}
    timezone('UTC', case
        when timezone({{ timezone }}, {{ later }} - interval 3 hour) = {{ local_time }} - interval 3 hour then {{ later }}
        {%- for fall in ['3 hour', '2 hour', '1 hour', '30 minute'] %}
        when timezone({{ timezone }}, {{ later }} - interval {{ fall }}) = {{ local_time }} then {{ later }} - interval {{ fall }}
        {%- endfor %}
        else {{ later }}
    end)
{%- endmacro %}

{% macro duckdb__timezone_names() %}select name from pg_timezone_names(){% endmacro %}

{# A left join to the one row of the same keys (column: value) whose column `latest` is the greatest that the operator, `>` or
   `>=`, allows before a moment. #}
{% macro duckdb__join_latest(relation, alias, keys, latest, operator, moment) -%}
    asof left join {{ relation }}{{ ' as ' ~ alias if alias != relation | string }}
        on {% for key, value in keys.items() %}{{ value }} = {{ alias }}.{{ key }} and {% endfor %}{{ moment }} {{ operator }} {{ alias }}.{{ latest }}
{%- endmacro %}

{# A left join to the one row of the same keys whose column `next` is the smallest after a moment. #}
{% macro duckdb__join_next(relation, alias, keys, next, moment) -%}
    {{ duckdb__join_latest(relation, alias, keys, next, '<', moment) }}
{%- endmacro %}

{% macro duckdb__integer_quotient(dividend, divisor) %}({{ dividend }}) // ({{ divisor }}){% endmacro %}

{% macro duckdb__last_value_before(expression, partition_by, order_by) -%}
    last_value({{ expression }} ignore nulls) over (
        partition by {{ partition_by }} order by {{ order_by }} rows between unbounded preceding and 1 preceding
    )
{%- endmacro %}

{% macro duckdb__is_json_object(text) %}case when json_valid({{ text }}) then json_type({{ text }}) = 'OBJECT' else false end{% endmacro %}

{# One parse for all keys: a list in the order of the keys. The text must be valid JSON. #}
{% macro duckdb__json_texts(text, keys) %}json_extract_string({{ text }}, ['$.{{ keys | join("', '$.") }}']){% endmacro %}

{% macro duckdb__list_item(list, index) %}{{ list }}[{{ index + 1 }}]{% endmacro %}

{% macro duckdb__row_of(columns) %}row({{ columns | join(', ') }}){% endmacro %}

{% macro duckdb__stop_with(message) %}error({{ message }}){% endmacro %}

{% macro duckdb__code_points(text) %}string_split({{ text }}, ''){% endmacro %}

{% macro duckdb__is_single_code_point(text) %}length({{ text }}) = 1{% endmacro %}

{% macro duckdb__code_point(text) %}unicode({{ text }}){% endmacro %}

{% macro duckdb__has_non_ascii(text) %}strlen({{ text }}) > length({{ text }}){% endmacro %}

{% macro duckdb__fingerprint_of_lines(line) %}md5(coalesce(string_agg({{ line }}, chr(10) order by {{ line }}), '')){% endmacro %}

{% macro duckdb__fingerprint_of_rows(relation, columns) -%}
    (select {{ fingerprint_of_lines('line') }} from (
        select concat_ws('|'{% for column in columns %}, coalesce(cast({{ column }} as varchar), ''){% endfor %}) as line
        from {{ relation }}
    ))
{%- endmacro %}

{% macro duckdb__date_series(first_date, last_date) %}cast(unnest(generate_series({{ first_date }}, {{ last_date }}, interval 1 day)) as date){% endmacro %}

{% macro duckdb__number_series(first_number, last_number) %}unnest(generate_series({{ first_number }}, {{ last_number }})){% endmacro %}

{% macro duckdb__local_hour(timestamp, timezone) %}cast(extract(hour from timezone('{{ timezone }}', timezone('UTC', {{ timestamp }}))) as integer){% endmacro %}

{# dbt names the database in every view, and a file that was copied, renamed or attached under another name would then
   have views that lead nowhere. Within one file a schema says enough. #}
{% macro without_database(sql) %}{{ return(sql | replace(adapter.quote(target.database) ~ '.', '')) }}{% endmacro %}

{% macro duckdb__list_of(expression, order_by) %}list({{ expression }}{% if order_by %} order by {{ order_by }}{% endif %}){% endmacro %}

{# From 1; null where there is no list. #}
{% macro duckdb__position_in_list(list, item) %}list_position({{ list }}, {{ item }}){% endmacro %}

{# JSON of the texts by key, in that order, without those that are null. #}
{% macro duckdb__json_object_of(texts) -%}
    cast(json_merge_patch('{}', json_object(
        {%- for key, text in texts.items() %}'{{ key }}', {{ text }}{{ ', ' if not loop.last }}{% endfor -%}
    )) as varchar)
{%- endmacro %}

{% macro duckdb__kept_code_points(text, kept) -%}
    array_to_string(list_filter(string_split({{ text }}, ''), lambda code_point: list_contains({{ kept }}, code_point)), '')
{%- endmacro %}

{# A map of a group's rows. A key that is there twice is an error. #}
{% macro duckdb__map_of(key, value) %}map_from_entries(list(struct_pack(key := {{ key }}, value := {{ value }}))){% endmacro %}

{# A pattern that finds any text of a list, taken literally, the longest first. #}
{% macro duckdb__pattern_of_any(texts) -%}
    array_to_string(list_transform(
        list_sort(list_transform({{ texts }}, lambda word: {'shortness': -length(word), 'word': word})),
        lambda ranked: regexp_escape(ranked.word)
    ), '|')
{%- endmacro %}

{% macro duckdb__replaced_pattern(text, pattern, replacement) %}regexp_replace({{ text }}, {{ pattern }}, {{ replacement }}, 'g'){% endmacro %}

{# Each text that `names` holds, by its own name (a map: text to name). After each piece between two finds comes the find of the
   same number, after the last none. #}
{% macro duckdb__replaced_each(text, names) -%}
    {% set pattern = duckdb__pattern_of_any('map_keys(' ~ names ~ ')') -%}
    array_to_string(list_transform(
        list_zip(string_split_regex({{ text }}, {{ pattern }}), regexp_extract_all({{ text }}, {{ pattern }})),
        lambda found: found[1] || coalesce({{ names }}[found[2]], '')
    ), '')
{%- endmacro %}

{# What computes the numbers, as one hash: the plugin looks into the files of this project, and of the one that has it as a package. #}
{% macro duckdb__code_of_project() %}
    {% set places = places_of_code() %}
    {{ return(run_query(
        'select code_fingerprint(' ~ raw_literal(places.project) ~ ', ' ~ raw_literal(tojson(places.around)) ~ ')'
    ).columns[0].values()[0]) }}
{% endmacro %}

{% macro duckdb__hash_of(columns) %}hash({{ columns | join(', ') }}){% endmacro %}

{# The models are written in its spelling. #}
{% macro duckdb__as_spelt(sql) %}{{ return(sql) }}{% endmacro %}

{# Of a CTE that is asked more than once: the engine would first write down all of it, a table's rows once again. Where it only
   picks rows and columns, to read the table twice costs less. A view loses the word: what it reads is named in its place. #}
{% macro duckdb__inlined() %}not materialized{% endmacro %}

{# Where the warehouse lies, if it is one file or the address of one. #}
{% macro duckdb__warehouse_path() %}{{ return(target.path) }}{% endmacro %}

{% macro duckdb__tables_of_schema(schema) %}
    {{ return(run_query(
        "select table_name from duckdb_tables() where database_name = current_database() and schema_name = '" ~ schema ~ "'"
    ).columns[0].values() | list) }}
{% endmacro %}

{# The files of the databases that are open. #}
{% macro duckdb__attached_files() %}
    {{ return(run_query('select path from duckdb_databases() where path is not null').columns[0].values() | list) }}
{% endmacro %}


{# A select of the names of the files in a local folder, as the plugin sees them; of none where there is no such folder. #}
{% macro duckdb__files_in(folder) %}
    {{ return("select key from json_each(raw_file_fingerprints(" ~ raw_literal(folder) ~ ", '*'))") }}
{% endmacro %}
