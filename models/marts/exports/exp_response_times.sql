-- Grain: one row per response of an agent, a bot or the customer, and one per customer still unanswered.
with

responses as (
    select * from {{ ref('fct_responses') }}
    where not is_test_channel
),

channels as (
    select * from {{ ref('dim_channels') }}
),

accounts as (
    select * from {{ ref('dim_accounts') }}
),

agents as (
    select * from {{ ref('dim_agents') }}
),

teams as (
    select * from {{ ref('dim_teams') }}
),

final as (
    select
        responses.session_id,
        responses.response_number,
        responses.conversation_id,
        responses.channel_id,
        channels.channel_name,
        responses.messaging_user_id,
        responses.account_id,
        accounts.account_name,
        responses.responder_type,
        responses.responder_id,
        responses.agent_id,
        agents.agent_name,
        responses.team_id,
        teams.team_name,
        responses.responded_event_id,
        responses.prompted_first_at,
        responses.prompted_last_at,
        responses.responded_at,
        responses.responded_date,
        responses.prompt_count,
        responses.wait_seconds,
        responses.wait_business_seconds,
        responses.response_seconds,
        responses.response_business_seconds,
        responses.is_answered,
        responses.has_clock_anomaly
    from responses
    left join channels using (channel_id)
    left join accounts using (account_id)
    left join agents using (agent_id)
    left join teams using (team_id)
)

select * from final
