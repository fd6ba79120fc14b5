-- Grain: one row of the object AgentWork, as it comes in.
{{ raw_object('AgentWork') }}
