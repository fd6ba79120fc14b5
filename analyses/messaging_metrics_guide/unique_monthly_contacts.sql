-- With how many different people were we in contact, month by month?
-- Source: messaging metrics guide, "Account Usage", Unique Monthly Contact.
-- Mart: mart_account_usage_by_period.
-- Answer: people, not addresses: who writes by web and by phone counts once in `(all)`, and once for each channel. Only
-- those count who wrote or were written to by an agent or a bot; a notice of the system is no contact.
-- Period: every month with traffic; the last runs to as_of.
-- Null: nowhere; a channel without contacts has 0.
select
    period_start as month_start,
    channel_id,
    unique_contacts
from {{ ref('mart_account_usage_by_period') }}
where period_type = 'month'
order by month_start desc, unique_contacts desc, channel_id asc
