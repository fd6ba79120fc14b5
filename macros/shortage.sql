{# Too little memory or disk: what there is no room for is told in one sentence with the remedy, before a build or at its end. #}

{# Before anything is built: so little disk that no build would get far. #}
{% macro refuse_full_disk() %}
    {% if is_about_to_build() and has_function('disk_problem') %}
        {% set problem = run_query('select disk_problem()').columns[0].values()[0] %}
        {% if problem %}
            {% do exceptions.raise_compiler_error(problem) %}
        {% endif %}
    {% endif %}
    {{ return('') }}
{% endmacro %}


{#
    What a build ran out of: one sentence, or nothing. The engine says it where it happened, in its own words and with advice on its
    own settings. Of several the first cause is told: a full disk leaves no room to spill, and without that memory is too small.
#}
{% macro shortage_of(results) %}
    {% set messages = [] %}
    {% for result in results if execute and warehouse_path() and result.status in ('error', 'runtime error') %}
        {% do messages.append(result.message | string) %}
    {% endfor %}
    {% set path = warehouse_path() %}
    {% set told = messages | join('\n') %}
    {% set memory = env_var('MESSAGING_MEMORY_LIMIT', '') or "four fifths of the machine's" %}
    {% if tells_of_full_disk(told) %}
        {% set file = modules.re.search('file "([^"]+)"', told) %}
        {% set shortage = "The disk is full: " ~ (file.group(1) if file else path) ~ " could not grow; make room there" %}
    {% elif 'max_temp_directory_size' in told %}
        {% set shortage = "Too little room to spill: what does not fit into memory (" ~ memory ~ ") did not fit into its folder, "
            ~ (env_var('MESSAGING_SPILL_DIR', '') or path ~ '.tmp') ~ ", either; make room there, name another in "
            ~ "MESSAGING_SPILL_DIR, or allow more by MESSAGING_SPILL_LIMIT or MESSAGING_MEMORY_LIMIT" %}
    {% elif 'Out of Memory Error' in told or 'MemoryError' in told %}
        {% set shortage = "Too little memory: a step needed more at once than the engine may hold (" ~ memory ~ "); allow more by "
            ~ "MESSAGING_MEMORY_LIMIT" %}
    {% else %}
        {{ return('') }}
    {% endif %}
    {{ return(shortage ~ ", and build again: what was not finished is done anew, and what readers had they keep.") }}
{% endmacro %}


{# By the system's words for no room, for a file system's or a process's largest file, and for a quota. #}
{% macro tells_of_full_disk(message) %}
    {{ return(
        'No space left on device' in message or 'File too large' in message or 'Disk quota exceeded' in message
    ) }}
{% endmacro %}
