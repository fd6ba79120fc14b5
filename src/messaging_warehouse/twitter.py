"""The public data set “Customer Support on Twitter”, converted to the raw contract.

Source: <https://www.kaggle.com/datasets/thoughtvector/customer-support-on-twitter>, one CSV file
with a row per tweet. The mapping, and why it is so, is told in docs/twitter.md. In short: a named
support account is an agent and a channel, a numbered customer is a messaging user, and the part of
a reply chain between one customer and one account is a conversation.

DuckDB does the work, in a database file below the output folder that is gone afterwards, so that
the 2.8 million tweets of the full file need little memory.
"""

import csv
import re
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path
from typing import BinaryIO

import duckdb

TWEET_COLUMNS = (
    "tweet_id",
    "author_id",
    "inbound",
    "created_at",
    "text",
    "response_tweet_id",
    "in_response_to_tweet_id",
)

_ARCHIVE_SIGNATURES = (b"PK\x03\x04", b"\x1f\x8b")
_BLOCK_BYTES = 1 << 24

# A tweet may hold a carriage return without quotes around it, which CSV readers take for the end
# of the row. It travels through the reader as a control character that no tweet can hold.
_LONE_RETURN = re.compile(rb"\r(?!\n)")
_RETURN_MARK = b"\x1f"


class OutputFormat(StrEnum):
    """The kind of file that the raw tables are written to."""

    CSV = "csv"
    PARQUET = "parquet"


class TwitterConversionError(Exception):
    """The input or the output folder cannot be used; the text is a sentence for the reader."""


@dataclass(frozen=True)
class ConversionSummary:
    """What one conversion read and wrote; every number is a count.

    `rows_read` = `written["raw_conversation_events"]` + the sum of `not_converted` (by reason).
    """

    input_csv: Path
    output_folder: Path
    rows_read: int
    written: dict[str, int]
    not_converted: dict[str, int]
    chains: int
    conversations: int
    tweets_to_everyone: int
    answers_to_missing_tweets: int
    links_not_followed: int
    tweets_moved: int

    def describe(self) -> str:
        """Return the summary as a few lines of text."""
        tables = ", ".join(f"{count:,} {table}" for table, count in self.written.items())
        rejected = f"Not converted: {sum(self.not_converted.values()):,} rows"
        if self.not_converted:
            reasons = ", ".join(f"{count:,} {name}" for name, count in self.not_converted.items())
            rejected += f" ({reasons}), listed in not_converted.csv"
        return "\n".join(
            [
                f"Read {self.rows_read:,} rows of {self.input_csv}.",
                f"Wrote to {self.output_folder}: {tables}.",
                f"{rejected}.",
                f"Conversations: {self.conversations:,}, in {self.chains:,} reply chains.",
                f"Tweets to everyone: {self.tweets_to_everyone:,}.",
                f"Answers to a tweet that the file lacks: {self.answers_to_missing_tweets:,}.",
                f"Answers whose link cannot be followed: {self.links_not_followed:,}.",
                f"Answers moved to stay behind what they answer: {self.tweets_moved:,}.",
            ]
        )


def convert_twitter(
    input_csv: Path, output_folder: Path, output_format: OutputFormat = OutputFormat.CSV
) -> ConversionSummary:
    """Write the tweets of `input_csv` as raw tables below `output_folder`.

    Input: UTF-8 CSV, one row per tweet, whose header names `TWEET_COLUMNS` (others are ignored).
    Output: `<output_folder>/<table>/part-0.<format>` with the contract's columns, in order:
    raw_conversation_events (one row per tweet), raw_agents and raw_channels (per support account),
    raw_messaging_users (per customer and channel); beside them `not_converted.csv` (one row per
    input row that became no event), if there is any. Times are UTC, in steps of a second.

    Raises TwitterConversionError when the input cannot be read or the folder is not empty; then
    nothing is written.
    """
    header = _read_header(input_csv)
    with (
        _workspace(output_folder) as workspace,
        duckdb.connect(workspace / "work.duckdb") as connection,
    ):
        connection.execute("set TimeZone = 'UTC'; set enable_progress_bar = false")
        _read_rows(connection, input_csv, header, workspace / "marked.csv")
        _require_tweets_with_times(connection, input_csv)
        links_not_followed = _place_tweets(connection)
        tables = workspace / "tables"
        written = {
            name: _write(connection, query, tables / name / f"part-0.{output_format}")
            for name, query in _raw_tables(output_format).items()
        }
        reasons = connection.execute(_REASONS).fetchall()
        if reasons:
            _write(connection, "from not_converted", tables / "not_converted.csv")
        rows_read, chains, conversations, to_everyone, to_missing, moved = connection.execute(_SUMMARY).fetchall()[0]
        for table in tables.iterdir():
            table.rename(output_folder / table.name)
    return ConversionSummary(
        input_csv=input_csv,
        output_folder=output_folder,
        rows_read=rows_read,
        written=written,
        not_converted=dict(reasons),
        chains=chains,
        conversations=conversations,
        tweets_to_everyone=to_everyone,
        answers_to_missing_tweets=to_missing,
        links_not_followed=links_not_followed,
        tweets_moved=moved,
    )


def follow_links(connection: duckdb.DuckDBPyConnection, links: str, ends: str) -> int:
    """Follow every node to where its links end; return how many nodes never get there.

    `links` names a table (node, next), unique by node. Table `ends` (node, last) is made, one row
    per node of `links` whose way comes to an end; `last` is the first node on it without a next.
    A way that runs into a circle has no end and no row. Each round doubles the distance looked
    ahead, so that a chain of a thousand takes ten rounds.
    """
    is_on_the_way = f"last in (select node from {links})"
    link_count = _count(connection, f"select count(*) from {links}")
    connection.execute(f"create or replace table {ends} as select node, next as last from {links}")
    for _ in range(link_count.bit_length()):
        connection.execute(f"""
            create or replace table {ends} as
            select here.node, coalesce(ahead.last, here.last) as last
            from {ends} as here
            left join {ends} as ahead on ahead.node = here.last
        """)
        if not _count(connection, f"select count(*) from {ends} where {is_on_the_way}"):
            break
    return _count(connection, f"delete from {ends} where {is_on_the_way}")


# --- reading ----------------------------------------------------------------------------------


def _read_header(input_csv: Path) -> list[str]:
    """Return the column names of the file; raise in one sentence what is wrong with it."""
    if not input_csv.is_file():
        raise TwitterConversionError(
            f"{input_csv} is not a file; download the data set from Kaggle and give its twcs.csv."
        )
    try:
        with input_csv.open("rb") as file:
            is_archive = file.read(4).startswith(_ARCHIVE_SIGNATURES)
        with input_csv.open(encoding="utf-8-sig", newline="") as file:
            header = [] if is_archive else next(csv.reader(file), [])
    except (OSError, UnicodeDecodeError, csv.Error) as error:
        raise _unreadable(input_csv, error) from error
    if is_archive:
        raise TwitterConversionError(f"{input_csv} is a compressed archive; unpack it and give the twcs.csv inside.")
    for column in TWEET_COLUMNS:
        if header.count(column) != 1:
            problem = "more than one" if column in header else "no"
            raise TwitterConversionError(
                f"{input_csv} has {problem} column {column}; give the data set's own twcs.csv, "
                f"whose first line names {', '.join(TWEET_COLUMNS)}."
            )
    return header


def _read_rows(connection: duckdb.DuckDBPyConnection, input_csv: Path, header: list[str], marked_csv: Path) -> None:
    """Make the tables `rows` (the input, judged), `not_converted` and `tweets`."""
    columns = ", ".join(
        f"'{name if name in TWEET_COLUMNS else f'unused_{position}'}': 'VARCHAR'"
        for position, name in enumerate(header)
    )
    try:
        is_marked = _mark_lone_returns(input_csv, marked_csv)
        connection.execute(
            _ROWS.format(columns=columns),
            {
                "path": str(marked_csv if is_marked else input_csv),
                "mark": _RETURN_MARK.decode() if is_marked else "\r",
            },
        )
    except (OSError, csv.Error, duckdb.Error) as error:
        raise _unreadable(input_csv, error) from error
    connection.execute(_NOT_CONVERTED)
    connection.execute(_TWEETS)


def _mark_lone_returns(input_csv: Path, marked_csv: Path) -> bool:
    """Copy the input with marks for lone carriage returns, if it holds any; say whether it does.

    Raises csv.Error when a quotation mark is never closed, as in a file that was cut off: DuckDB
    would leave out what follows it without a word.
    """
    is_marked = False
    quotation_mark_count = 0
    with input_csv.open("rb") as source:
        for block in _blocks(source):
            is_marked = is_marked or _LONE_RETURN.search(block) is not None
            quotation_mark_count += block.count(b'"')
        if quotation_mark_count % 2:
            raise csv.Error("a quotation mark in it is never closed")
        if is_marked:
            source.seek(0)
            with marked_csv.open("wb") as target:
                for block in _blocks(source):
                    if _RETURN_MARK in block:
                        raise csv.Error("it holds the control character 0x1F")
                    target.write(_LONE_RETURN.sub(_RETURN_MARK, block))
    return is_marked


def _blocks(source: BinaryIO) -> Iterator[bytes]:
    """Yield the file in blocks that never end between a carriage return and its line feed."""
    while block := source.read(_BLOCK_BYTES):
        while block.endswith(b"\r") and (following := source.read(1)):
            block += following
        yield block


def _require_tweets_with_times(connection: duckdb.DuckDBPyConnection, input_csv: Path) -> None:
    """Raise when there is no tweet at all, or one whose created_at cannot be read."""
    if not _count(connection, "select count(*) from rows"):
        raise TwitterConversionError(f"{input_csv} holds no tweets; download it from Kaggle again.")
    unreadable = connection.execute(_UNREADABLE_TIMES).fetchall()
    if unreadable:
        (row_number, created_at, count) = unreadable[0]
        others = f" (nor can that of {count - 1:,} more rows)" if count > 1 else ""
        raise TwitterConversionError(
            f"{input_csv}: the created_at of row {row_number:,}, {created_at or ''!r}, cannot be "
            f"read{others}; write it like 'Tue Oct 31 22:10:47 +0000 2017', or remove the row."
        )


def _unreadable(input_csv: Path, error: Exception) -> TwitterConversionError:
    """Return the error that says in one sentence why the file cannot be read as CSV."""
    text = str(error)
    line = re.search(r"CSV Error on Line: (\d+)", text)
    columns = re.search(r"Expected Number of Columns: (\d+) Found: (\d+)", text)
    cause = text.splitlines()[0].removeprefix("Invalid Input Error: ").rstrip(". ")
    if line:
        cause = f"line {int(line[1]):,} is malformed"
    if line and columns:
        cause = f"line {int(line[1]):,} has {columns[2]} columns instead of {columns[1]}"
    return TwitterConversionError(
        f"{input_csv} cannot be read as CSV in UTF-8 ({cause}); download the data set from Kaggle again."
    )


# `rows`: one row per row of the input, in its order, with what was read from it and `reason`:
# why it becomes no event (null: it does). Of the usable rows of one tweet_id the first counts.
_ROWS = r"""
create table rows as
with

raw_rows as (
    select
        row_number() over () as row_number,
        tweet_id,
        author_id,
        inbound,
        created_at,
        replace(text, $mark, chr(13)) as text,
        response_tweet_id,
        in_response_to_tweet_id
    from read_csv(
        $path, columns = {{{columns}}}, header = true, auto_detect = false, parallel = false,
        delim = ',', quote = '"', escape = '"', strict_mode = true
    )
),

rows_parsed as (
    select
        *,
        try_cast(regexp_extract(tweet_id, '^(\d+)(\.0*)?$', 1) as bigint) as id,
        try_cast(regexp_extract(in_response_to_tweet_id, '^(\d+)(\.0*)?$', 1) as bigint)
            as answered_id,
        case lower(inbound) when 'true' then true when 'false' then false end as is_inbound,
        try_strptime(created_at, '%a %b %d %H:%M:%S %z %Y')::timestamp as tweeted_at
    from raw_rows
),

rows_validated as (
    select
        *,
        case
            when id is null then 'unreadable_tweet_id'
            when coalesce(author_id, '') = '' then 'missing_author_id'
            when is_inbound is null then 'unreadable_inbound'
        end as defect
    from rows_parsed
),

rows_numbered as (
    select
        *,
        row_number() over usable_rows as occurrence,
        first_value((author_id, inbound, created_at, text)) over usable_rows as first_content
    from rows_validated
    window usable_rows as (
        partition by case when defect is null then id else -row_number end order by row_number
    )
)

select
    row_number,
    coalesce(
        defect,
        case
            when occurrence = 1 then null
            when first_content = (author_id, inbound, created_at, text) then 'repeated_tweet'
            else 'conflicting_tweet'
        end
    ) as reason,
    * exclude (row_number, defect, occurrence, first_content)
from rows_numbered
"""

_NOT_CONVERTED = """
create view not_converted as
select
    row_number,
    reason,
    tweet_id,
    author_id,
    inbound,
    created_at,
    text,
    response_tweet_id,
    in_response_to_tweet_id
from rows
where reason is not null
order by row_number
"""

_REASONS = "select reason, count(*) from not_converted group by all order by all"

_UNREADABLE_TIMES = """
select min(row_number), min_by(created_at, row_number), count(*)
from rows
where reason is null and tweeted_at is null
having count(*) > 0
"""

# `tweets`: one row per tweet, with the tweet it answers where the file holds that one. An account
# is told by its name: whoever wrote one outbound tweet is an account in all of them.
_TWEETS = """
create table tweets as
with

usable_rows as (
    select * from rows where reason is null
),

accounts as (
    select distinct author_id from usable_rows where not is_inbound
),

authored as (
    select
        usable_rows.id as tweet_id,
        usable_rows.author_id,
        accounts.author_id is not null as is_by_account,
        usable_rows.tweeted_at,
        usable_rows.answered_id
    from usable_rows
    left join accounts using (author_id)
)

select
    authored.*,
    answered.tweet_id is not null as is_answered_held,
    answered.author_id as answered_author_id,
    answered.is_by_account as is_answer_to_account,
    answered.tweeted_at as answered_tweeted_at
from authored
left join authored as answered on answered.tweet_id = authored.answered_id
"""


# --- placing each tweet in a conversation -----------------------------------------------------


def _place_tweets(connection: duckdb.DuckDBPyConnection) -> int:
    """Make `placed_tweets`: chain, customer and account of each tweet, and its order in a second.

    Returns how many answers name what they answer in a way that cannot be followed.
    """
    connection.execute(_CHAIN_LINKS)
    circling = follow_links(connection, "chain_links", "chain_ends")
    connection.execute(_DIRECT_CUSTOMERS)
    follow_links(connection, "customer_links", "customer_ends")
    connection.execute(_DIRECT_ACCOUNTS)
    follow_links(connection, "account_links", "account_ends")
    connection.execute(_SECOND_ORDER)
    connection.execute(_PLACED_TWEETS)
    return circling + _count(connection, _UNREADABLE_LINKS)


# A missing tweet still ties its chain together: by the tweets that answer it, and by the tweet
# that lists it among its responses.
_CHAIN_LINKS = """
create table chain_links as
with

responses as (
    select
        id as listing_id,
        try_cast(unnest(string_split(response_tweet_id, ',')) as bigint) as response_id
    from rows
    where reason is null
),

missing_responses as (
    select * from responses
    where response_id is not null and response_id not in (select tweet_id from tweets)
)

select tweet_id as node, answered_id as next from tweets where answered_id is not null
union all
select response_id, min(listing_id) from missing_responses group by response_id
"""

# Whom a tweet is about: a customer's tweet its author; an account's tweet the customer it answers,
# else the first customer it addresses by name (names of accounts are words, of customers numbers),
# else whoever the account's tweet that it carries on is about (null here: the link is followed).
_DIRECT_CUSTOMERS = r"""
create table direct_customers as
with

tweets_addressed as (
    select
        tweets.*,
        regexp_extract(rows.text, '^\W*(?:@[A-Za-z_]\w*\W+)*@(\d+)\b', 1) as addressed_customer
    from tweets
    inner join rows on rows.id = tweets.tweet_id and rows.reason is null
)

select
    tweet_id,
    answered_id,
    case
        when not is_by_account then author_id
        when is_answered_held and not is_answer_to_account then answered_author_id
        when addressed_customer != '' then addressed_customer
        when is_answered_held then null
        when answered_id is null then '(everyone)'
        else '(unnamed)'
    end as customer_id
from tweets_addressed;

create table customer_links as
select tweet_id as node, answered_id as next
from direct_customers
where customer_id is null
"""

# Which account a tweet is for: an account's tweet its author; a customer's tweet the account that
# answers it (of several the one it answers itself, else the first), else the account that it
# answers, else the first account that it names, else that of the tweet that it answers (null here:
# the link is followed).
_DIRECT_ACCOUNTS = r"""
create table direct_accounts as
with

answering_accounts as (
    select
        answered_id as tweet_id,
        list(author_id order by tweeted_at, tweet_id) as account_ids
    from tweets
    where is_by_account and is_answered_held and not is_answer_to_account
    group by answered_id
),

accounts_from_replies as (
    select
        tweets.*,
        case
            when is_by_account then author_id
            when is_answer_to_account and list_contains(account_ids, answered_author_id)
                then answered_author_id
            when account_ids is not null then account_ids[1]
            when is_answer_to_account then answered_author_id
        end as account_id
    from tweets
    left join answering_accounts using (tweet_id)
),

names as (
    select
        accounts_from_replies.tweet_id,
        unnest(regexp_extract_all(lower(rows.text), '@(\w+)', 1)) as name,
        generate_subscripts(regexp_extract_all(rows.text, '@(\w+)', 1), 1) as position
    from accounts_from_replies
    inner join rows on rows.id = accounts_from_replies.tweet_id and rows.reason is null
    where accounts_from_replies.account_id is null
),

accounts as (
    select distinct author_id from tweets where is_by_account
),

named_accounts as (
    select
        names.tweet_id,
        first(accounts.author_id order by names.position, accounts.author_id) as account_id
    from names
    inner join accounts on lower(accounts.author_id) = names.name
    group by names.tweet_id
)

select
    accounts_from_replies.tweet_id,
    accounts_from_replies.answered_id,
    accounts_from_replies.is_answered_held,
    coalesce(accounts_from_replies.account_id, named_accounts.account_id) as account_id
from accounts_from_replies
left join named_accounts using (tweet_id);

create table account_links as
select tweet_id as node, answered_id as next
from direct_accounts
where account_id is null and is_answered_held
"""

# The source counts whole seconds. Where an answer falls in the second of what it answers, its
# place among those keeps it behind by the event id; but the contract's order puts a customer before
# the business at the same instant, so a customer's answer to an account is moved a millisecond.
_SECOND_ORDER = """
create table second_order as
with recursive

answers_in_the_second as (
    select
        tweet_id,
        answered_id,
        cast(not is_by_account and is_answer_to_account as integer) as step_milliseconds
    from tweets
    where answered_tweeted_at = tweeted_at
),

answers_in_order as (
    select tweet_id, 1 as place, step_milliseconds as moved_milliseconds
    from answers_in_the_second
    where answered_id not in (select tweet_id from answers_in_the_second)

    union all

    select
        answer.tweet_id,
        answered.place + 1,
        answered.moved_milliseconds + answer.step_milliseconds
    from answers_in_order as answered
    inner join answers_in_the_second as answer on answer.answered_id = answered.tweet_id
)

select * from answers_in_order
"""

_PLACED_TWEETS = """
create table placed_tweets as
with

links_followed as (
    select
        tweets.tweet_id,
        tweets.author_id,
        tweets.is_by_account,
        tweets.tweeted_at,
        coalesce(chain_ends.last, tweets.tweet_id) as chain_id,
        coalesce(customers.customer_id, distant_customers.customer_id, '(unnamed)') as customer_id,
        coalesce(accounts.account_id, distant_accounts.account_id) as account_id
    from tweets
    left join chain_ends on chain_ends.node = tweets.tweet_id
    inner join direct_customers as customers on customers.tweet_id = tweets.tweet_id
    left join customer_ends on customer_ends.node = tweets.tweet_id
    left join direct_customers as distant_customers
        on distant_customers.tweet_id = customer_ends.last
    inner join direct_accounts as accounts on accounts.tweet_id = tweets.tweet_id
    left join account_ends on account_ends.node = tweets.tweet_id
    left join direct_accounts as distant_accounts
        on distant_accounts.tweet_id = account_ends.last
),

-- What nothing above places goes to the account that the customer spoke with first in the chain,
-- else to the first account in it.
accounts_with_customer as (
    select chain_id, customer_id, first(account_id order by tweeted_at, tweet_id) as account_id
    from links_followed
    where account_id is not null
    group by chain_id, customer_id
),

accounts_in_chain as (
    select chain_id, first(account_id order by tweeted_at, tweet_id) as account_id
    from links_followed
    where account_id is not null
    group by chain_id
),

placed as (
    select
        links_followed.* exclude (account_id),
        coalesce(
            links_followed.account_id,
            accounts_with_customer.account_id,
            accounts_in_chain.account_id,
            '(no account)'
        ) as channel_id
    from links_followed
    left join accounts_with_customer using (chain_id, customer_id)
    left join accounts_in_chain using (chain_id)
)

select
    placed.*,
    placed.customer_id || '@' || placed.channel_id as messaging_user_id,
    placed.chain_id || ':' || placed.customer_id || '@' || placed.channel_id as conversation_id,
    coalesce(second_order.place, 0) as place_in_second,
    coalesce(second_order.moved_milliseconds, 0) as moved_milliseconds
from placed
left join second_order using (tweet_id)
"""

_UNREADABLE_LINKS = """
select count(*) from rows
where reason is null and answered_id is null and coalesce(in_response_to_tweet_id, '') != ''
"""


# --- writing ----------------------------------------------------------------------------------


def _raw_tables(output_format: OutputFormat) -> dict[str, str]:
    """Return the query of each raw table; text files carry times as ISO-8601 with Z."""
    is_text = output_format is OutputFormat.CSV
    time = "strftime(occurred_at, '%Y-%m-%dT%H:%M:%S.%gZ')" if is_text else "occurred_at"
    return {
        "raw_conversation_events": _RAW_CONVERSATION_EVENTS.format(time=time),
        "raw_agents": _RAW_AGENTS,
        "raw_channels": _RAW_CHANNELS,
        "raw_messaging_users": _RAW_MESSAGING_USERS,
    }


_RAW_CONVERSATION_EVENTS = """
with

events as (
    select
        placed.*,
        rows.text,
        format('{{:02d}}-{{:010d}}', placed.place_in_second, placed.tweet_id) as event_id,
        placed.tweeted_at + to_milliseconds(placed.moved_milliseconds) as occurred_at
    from placed_tweets as placed
    inner join rows on rows.id = placed.tweet_id and rows.reason is null
)

select
    event_id,
    'message_sent' as event_type,
    {time} as occurred_at,
    {time} as received_at,
    conversation_id,
    channel_id,
    messaging_user_id,
    case when is_by_account then 'agent' else 'end_user' end as actor_type,
    case when is_by_account then author_id end as actor_id,
    cast(
        case
            when customer_id = '(everyone)'
                then json_object(
                    'message_id', cast(tweet_id as varchar), 'text', text, 'is_proactive', true
                )
            else json_object('message_id', cast(tweet_id as varchar), 'text', text)
        end as varchar
    ) as payload
from events
order by events.occurred_at, event_id
"""

_RAW_AGENTS = """
select distinct
    author_id as agent_id,
    author_id as agent_name,
    cast(null as varchar) as email,
    true as is_active
from placed_tweets
where is_by_account
order by agent_id
"""

_RAW_CHANNELS = """
select distinct
    channel_id,
    case when channel_id = '(no account)' then channel_id else '@' || channel_id end
        as channel_name,
    'custom' as channel_type,
    'standard' as platform_type,
    cast(null as varchar) as business_hours_id,
    false as is_test
from placed_tweets
order by channel_id
"""

_RAW_MESSAGING_USERS = """
with

customers as (
    select distinct
        messaging_user_id,
        channel_id,
        customer_id,
        customer_id not in ('(everyone)', '(unnamed)') as is_person
    from placed_tweets
)

select
    messaging_user_id,
    channel_id,
    case when is_person then customer_id end as platform_key,
    customer_id as display_name,
    case when is_person then customer_id end as contact_id,
    cast(null as varchar) as account_id,
    cast(null as varchar) as consent_status,
    cast(null as varchar) as locale
from customers
order by messaging_user_id
"""

_SUMMARY = """
select
    (select count(*) from rows),
    count(distinct chain_id),
    count(distinct conversation_id),
    count(*) filter (customer_id = '(everyone)'),
    (select count(*) from tweets where answered_id is not null and not is_answered_held),
    count(*) filter (moved_milliseconds > 0)
from placed_tweets
"""


@contextmanager
def _workspace(output_folder: Path) -> Iterator[Path]:
    """Give a folder for unfinished work inside the (new or empty) output folder, then remove it."""
    is_new = not output_folder.exists()
    try:
        output_folder.mkdir(parents=True, exist_ok=True)
        if any(output_folder.iterdir()):
            raise TwitterConversionError(
                f"{output_folder} already holds files; give a new folder, or empty this one first."
            )
        workspace = tempfile.TemporaryDirectory(prefix=".unfinished-", dir=output_folder)
    except OSError as error:
        raise TwitterConversionError(
            f"{output_folder} cannot be written to ({error.strerror}); give a folder that can."
        ) from error
    try:
        with workspace as folder:
            yield Path(folder)
    finally:
        if is_new and not any(output_folder.iterdir()):
            output_folder.rmdir()


def _write(connection: duckdb.DuckDBPyConnection, query: str, file: Path) -> int:
    """Stream the rows of `query` into a new CSV or Parquet file; return how many there were."""
    file.parent.mkdir(parents=True, exist_ok=True)
    options = "format csv, header" if file.suffix == ".csv" else "format parquet"
    target = str(file).replace("'", "''")
    return _count(connection, f"copy ({query}) to '{target}' ({options})")


def _count(connection: duckdb.DuckDBPyConnection, statement: str) -> int:
    """Return the one number that the statement gives."""
    return int(connection.execute(statement).fetchall()[0][0])
