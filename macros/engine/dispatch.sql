{# The engine-specific words, by what they mean. Each engine has one file beside this one. #}

{% macro is_text(column) %}{{ return(adapter.dispatch('is_text')(column)) }}{% endmacro %}
{% macro text_matches(text, pattern) %}{{ return(adapter.dispatch('text_matches')(text, pattern)) }}{% endmacro %}
{% macro utc_milliseconds(column) %}{{ return(adapter.dispatch('utc_milliseconds')(column)) }}{% endmacro %}
{% macro with_seconds(text) %}{{ return(adapter.dispatch('with_seconds')(text)) }}{% endmacro %}
{% macro milliseconds_between(start, end) %}{{ return(adapter.dispatch('milliseconds_between')(start, end)) }}{% endmacro %}
{% macro epoch_milliseconds(timestamp) %}{{ return(adapter.dispatch('epoch_milliseconds')(timestamp)) }}{% endmacro %}
{% macro timestamp_from_milliseconds(milliseconds) %}{{ return(adapter.dispatch('timestamp_from_milliseconds')(milliseconds)) }}{% endmacro %}
{% macro local_midnight_in(date, timezone) %}{{ return(adapter.dispatch('local_midnight')(date, timezone)) }}{% endmacro %}
{% macro local_date_in(timestamp, timezone) %}{{ return(adapter.dispatch('local_date')(timestamp, timezone)) }}{% endmacro %}
{% macro utc_from_local(local_time, timezone) %}{{ return(adapter.dispatch('utc_from_local')(local_time, timezone)) }}{% endmacro %}
{% macro timezone_names() %}{{ return(adapter.dispatch('timezone_names')()) }}{% endmacro %}
{% macro join_latest(relation, alias, keys, latest, operator, moment) %}{{ return(adapter.dispatch('join_latest')(relation, alias, keys, latest, operator, moment)) }}{% endmacro %}
{% macro join_next(relation, alias, keys, next, moment) %}{{ return(adapter.dispatch('join_next')(relation, alias, keys, next, moment)) }}{% endmacro %}
{% macro integer_quotient(dividend, divisor) %}{{ return(adapter.dispatch('integer_quotient')(dividend, divisor)) }}{% endmacro %}
{% macro last_value_before(expression, partition_by, order_by) %}{{ return(adapter.dispatch('last_value_before')(expression, partition_by, order_by)) }}{% endmacro %}
{% macro is_json_object(text) %}{{ return(adapter.dispatch('is_json_object')(text)) }}{% endmacro %}
{% macro json_texts(text, keys) %}{{ return(adapter.dispatch('json_texts')(text, keys)) }}{% endmacro %}
{% macro list_item(list, index) %}{{ return(adapter.dispatch('list_item')(list, index)) }}{% endmacro %}
{% macro row_of(columns) %}{{ return(adapter.dispatch('row_of')(columns)) }}{% endmacro %}
{% macro stop_with(message) %}{{ return(adapter.dispatch('stop_with')(message)) }}{% endmacro %}
{% macro code_points(text) %}{{ return(adapter.dispatch('code_points')(text)) }}{% endmacro %}
{% macro is_single_code_point(text) %}{{ return(adapter.dispatch('is_single_code_point')(text)) }}{% endmacro %}
{% macro code_point(text) %}{{ return(adapter.dispatch('code_point')(text)) }}{% endmacro %}
{% macro has_non_ascii(text) %}{{ return(adapter.dispatch('has_non_ascii')(text)) }}{% endmacro %}
{% macro fingerprint_of_lines(line) %}{{ return(adapter.dispatch('fingerprint_of_lines')(line)) }}{% endmacro %}
{% macro fingerprint_of_rows(relation, columns) %}{{ return(adapter.dispatch('fingerprint_of_rows')(relation, columns)) }}{% endmacro %}
{% macro date_series(first_date, last_date) %}{{ return(adapter.dispatch('date_series')(first_date, last_date)) }}{% endmacro %}
{% macro number_series(first_number, last_number) %}{{ return(adapter.dispatch('number_series')(first_number, last_number)) }}{% endmacro %}
{% macro local_hour_in(timestamp, timezone) %}{{ return(adapter.dispatch('local_hour')(timestamp, timezone)) }}{% endmacro %}
{% macro list_of(expression, order_by=none) %}{{ return(adapter.dispatch('list_of')(expression, order_by)) }}{% endmacro %}
{% macro position_in_list(list, item) %}{{ return(adapter.dispatch('position_in_list')(list, item)) }}{% endmacro %}
{% macro json_object_of(texts) %}{{ return(adapter.dispatch('json_object_of')(texts)) }}{% endmacro %}
{% macro kept_code_points(text, kept) %}{{ return(adapter.dispatch('kept_code_points')(text, kept)) }}{% endmacro %}
{% macro map_of(key, value) %}{{ return(adapter.dispatch('map_of')(key, value)) }}{% endmacro %}
{% macro replaced_pattern(text, pattern, replacement) %}{{ return(adapter.dispatch('replaced_pattern')(text, pattern, replacement)) }}{% endmacro %}
{% macro replaced_each(text, names) %}{{ return(adapter.dispatch('replaced_each')(text, names)) }}{% endmacro %}
{% macro stands(node) %}{{ return(adapter.dispatch('stands')(node)) }}{% endmacro %}
{% macro has_transactions() %}{{ return(adapter.dispatch('has_transactions')()) }}{% endmacro %}
{% macro is_partial_model() %}{{ return(adapter.dispatch('is_partial_model')()) }}{% endmacro %}
{% macro forget_what_is_not_built_on() %}{{ return(adapter.dispatch('forget_what_is_not_built_on')()) }}{% endmacro %}
{% macro journal_parts_read(name) %}{{ return(adapter.dispatch('journal_parts_read')(name)) }}{% endmacro %}
{% macro rows_found(relation, condition, by=none) %}{{ return(adapter.dispatch('rows_found')(relation, condition, by)) }}{% endmacro %}
{% macro waits_for_readers(names) %}{{ return(adapter.dispatch('waits_for_readers')(names)) }}{% endmacro %}
{% macro as_spelt(sql) %}{{ return(adapter.dispatch('as_spelt')(sql)) }}{% endmacro %}
{% macro code_of_project() %}{{ return(adapter.dispatch('code_of_project')()) }}{% endmacro %}
{% macro hash_of(columns) %}{{ return(adapter.dispatch('hash_of')(columns)) }}{% endmacro %}
{% macro raw_schema_tables() %}{{ return(adapter.dispatch('raw_schema_tables')()) }}{% endmacro %}
{% macro raw_column_types(relation) %}{{ return(adapter.dispatch('raw_column_types')(relation)) }}{% endmacro %}
{% macro relation_of_files(name, files) %}{{ return(adapter.dispatch('relation_of_files')(name, files)) }}{% endmacro %}
{% macro file_of_row() %}{{ return(adapter.dispatch('file_of_row')()) }}{% endmacro %}
{% macro raw_files(name) %}{{ return(adapter.dispatch('raw_files')(name)) }}{% endmacro %}
{% macro raw_files_as_they_are(name) %}{{ return(adapter.dispatch('raw_files_as_they_are')(name)) }}{% endmacro %}
{% macro files_in(folder) %}{{ return(adapter.dispatch('files_in')(folder)) }}{% endmacro %}
{% macro has_function(name) %}{{ return(adapter.dispatch('has_function')(name)) }}{% endmacro %}
{% macro reads_objects() %}{{ return(adapter.dispatch('reads_objects')()) }}{% endmacro %}
{% macro in_order_of(day) %}{{ return(adapter.dispatch('in_order_of')(day)) }}{% endmacro %}
{% macro inlined() %}{{ return(adapter.dispatch('inlined')()) }}{% endmacro %}
{% macro warehouse_path() %}{{ return(adapter.dispatch('warehouse_path')()) }}{% endmacro %}
{% macro tables_of_schema(schema) %}{{ return(adapter.dispatch('tables_of_schema')(schema)) }}{% endmacro %}
{% macro attached_files() %}{{ return(adapter.dispatch('attached_files')()) }}{% endmacro %}
