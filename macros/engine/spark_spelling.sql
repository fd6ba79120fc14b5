{#
    What DuckDB and Spark spell differently and mean alike. The models are written in DuckDB's spelling, and a model is respelt
    as a whole just before it is run:

    cast(x as varchar)              cast(x as string)
    * exclude (a)                   * except (a)
    * replace (x as a)              * except (a), x as a: it stands last then
    order by a                      order by a nulls last, which is DuckDB's own order
    unnest(…)                       explode(…)
    over (w rows …)                 over (partition by … order by … rows …), as the window w says that is named next

    'it''s a\b'                     'it\'s a\\b'

    A union goes by the place of columns, and a star after `using` begins with the columns that are joined on: what is united names
    its columns, or joins with `on`.

    Texts are set aside before, and put back after; comments are left out.
#}
{% macro respelt(sql) %}
    {% set re = modules.re %}
    {% set texts = [] %}
    {% set bare = [] %}
    {% for token in re.findall("'(?:[^']|'')*'|--[^\n]*|[^'-]+|-", sql) %}
        {% if token.startswith("'") %}
            {% do bare.append('\x01' ~ texts | length ~ '\x01') %}
            {% do texts.append(spark_literal(token[1:-1] | replace("''", "'"))) %}
        {% elif not token.startswith('--') %}
            {% do bare.append(token) %}
        {% endif %}
    {% endfor %}
    {% set spelt = namespace(sql=bare | join) %}
    {% if 'union all by name' in spelt.sql %}
        {% do exceptions.raise_compiler_error('Spark has no union by name: let both sides name their columns in one order.') %}
    {% endif %}
    {% for pattern, words in {
        '\\bas varchar\\b': 'as string', '\\bexclude \\(': 'except (',
        '\\bunnest\\(': 'explode(', '\\bextract\\(isodow from': 'extract(dayofweek_iso from',
        '\\binterval 1 quarter\\b': 'interval 3 month',
    }.items() %}
        {% set spelt.sql = re.sub(pattern, words, spelt.sql) %}
    {% endfor %}
    {% set spelt.sql = with_nulls_last(with_columns_replaced(with_windows_written_out(spelt.sql))) %}
    {% set parts = [] %}
    {% for part in spelt.sql.split('\x01') %}
        {% do parts.append(texts[part | int] if loop.index is even else part) %}
    {% endfor %}
    {{ return(parts | join) }}
{% endmacro %}


{% macro spark_literal(text) %}{{ return("'" ~ text | replace('\\', '\\\\') | replace("'", "\\'") ~ "'") }}{% endmacro %}


{# {'inner': what stands between brackets, the first of which is at `start`, 'end': where it is over} #}
{% macro within_brackets(sql, start) %}
    {% set seen = namespace(depth=0) %}
    {% for bracket in modules.re.finditer('[()]', sql[start:]) %}
        {% set seen.depth = seen.depth + (1 if bracket.group() == '(' else -1) %}
        {% if seen.depth == 0 %}
            {{ return({'inner': sql[start + 1:start + bracket.start()], 'end': start + bracket.end()}) }}
        {% endif %}
    {% endfor %}
{% endmacro %}


{# The items of a list, which commas within brackets do not part. #}
{% macro items_of(list) %}
    {% set seen = namespace(depth=0, start=0) %}
    {% set items = [] %}
    {% for mark in modules.re.finditer('[(),]', list) %}
        {% if mark.group() == ',' and seen.depth == 0 %}
            {% do items.append(list[seen.start:mark.start()]) %}
            {% set seen.start = mark.end() %}
        {% elif mark.group() != ',' %}
            {% set seen.depth = seen.depth + (1 if mark.group() == '(' else -1) %}
        {% endif %}
    {% endfor %}
    {{ return(items + [list[seen.start:]]) }}
{% endmacro %}


{% macro with_columns_replaced(sql) %}
    {% set found = modules.re.search('\\*\\s+(except \\([^)]*\\)\\s*)?replace\\s*\\(', sql) %}
    {% if not found %}
        {{ return(sql) }}
    {% endif %}
    {% set replaced = within_brackets(sql, found.end() - 1) %}
    {% set names = [] %}
    {% for item in items_of(replaced.inner) %}
        {% do names.append(item.split()[-1]) %}
    {% endfor %}
    {% set left_out = modules.re.search('\\(([^)]*)\\)', found.group(1)).group(1) ~ ', ' if found.group(1) else '' %}
    {{ return(with_columns_replaced(
        sql[:found.start()] ~ '* except (' ~ left_out ~ names | join(', ') ~ '), ' ~ replaced.inner ~ sql[replaced.end:]
    )) }}
{% endmacro %}


{% macro with_windows_written_out(sql) %}
    {% set found = modules.re.search('\\bover \\((\\w+) (?=rows |range )', sql) %}
    {% if not found %}
        {{ return(sql) }}
    {% endif %}
    {% set named = modules.re.search('\\b' ~ found.group(1) ~ ' as \\(', sql[found.end():]) %}
    {% set window = within_brackets(sql, found.end() + named.end() - 1).inner %}
    {{ return(with_windows_written_out(sql[:found.start()] ~ 'over (' ~ window ~ ' ' ~ sql[found.end():])) }}
{% endmacro %}


{# An order ends with its bracket, with the frame of its window, or with what follows a select. #}
{% macro with_nulls_last(sql) %}
    {% set pieces = sql.split('order by ') %}
    {% set done = [pieces[0]] %}
    {% for piece in pieces[1:] %}
        {% set seen = namespace(depth=0, end=none) %}
        {% for mark in modules.re.finditer('[()]|\\b(?:rows|range|limit|union)\\b', piece) if seen.end is none %}
            {% if mark.group() == '(' %}
                {% set seen.depth = seen.depth + 1 %}
            {% elif seen.depth == 0 %}
                {% set seen.end = mark.start() %}
            {% elif mark.group() == ')' %}
                {% set seen.depth = seen.depth - 1 %}
            {% endif %}
        {% endfor %}
        {% set end = piece | length if seen.end is none else seen.end %}
        {% set items = [] %}
        {% for item in items_of(piece[:end]) %}
            {% do items.append(item if 'nulls ' in item else item.rstrip() ~ ' nulls last ') %}
        {% endfor %}
        {% do done.append(items | join(',') ~ piece[end:]) %}
    {% endfor %}
    {{ return(done | join('order by ')) }}
{% endmacro %}
