-- A key that the vocabulary requires and staging does not check would be required in vain.
with

required as (
    select unnest(string_split(required_keys, ' ')) as payload_key
    from {{ ref('event_types') }}
    where required_keys is not null
)

select payload_key from required
where
    true
    {%- for key in requirable_payload_keys() %}
    and payload_key != '{{ key }}'
    {%- endfor %}
