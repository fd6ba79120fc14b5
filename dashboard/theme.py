"""Looks: what Streamlit's own settings (`.streamlit/config.toml`) leave to be said."""

from __future__ import annotations

import streamlit as st

# Meanings that have a colour of their own, as (in light, in dark); each is told by its name or its place, too.
_MEANINGS: dict[str, tuple[str, str]] = {
    "good": ("#0B63A8", "#5AABE8"),
    "bad": ("#B8480A", "#F08A4B"),
    "open": ("#E09000", "#F2B544"),
    "none": ("#C3CAD4", "#4A5663"),
    "plain": ("#0B63A8", "#5AABE8"),
    "muted": ("#6B7585", "#A3ADBA"),
}

_STYLE = """
<style>
.stMainBlockContainer { max-width: 1480px; padding-top: 4.6rem; padding-bottom: 4rem; }
.stApp, .stAppHeader { background: light-dark(#F6F7F9, #0E1319); }
.stAppHeader { border-bottom: 1px solid light-dark(#E1E5EB, #2A343F); }
[class*="st-key-panel-"] { background: light-dark(#FFFFFF, #151C24); padding: 1rem 1.15rem 1.05rem;
    overflow: hidden; }
[class*="st-key-panel-"] [data-testid="stHeading"] { padding: 0; }
[class*="st-key-head-"] { min-height: 2rem; }
[class*="st-key-head-"] p { line-height: 1.35; }
:is(.st-key-kpis-tall, .st-key-kpis-short) { display: grid;
    grid-template-columns: repeat(auto-fit, minmax(168px, 1fr)); gap: 0.8rem; }
:is(.st-key-kpis-tall, .st-key-kpis-short) > div { width: auto !important; min-width: 0; height: 100%; }
:is(.st-key-kpis-tall, .st-key-kpis-short) [data-testid="stMetric"] { background: light-dark(#FFFFFF, #151C24);
    height: 100%; }
:is(.st-key-kpis-tall, .st-key-kpis-short) [data-testid="stMetricLabel"] p { font-size: 0.86rem;
    color: light-dark(#4A5565, #A6B0BD); white-space: normal; }
.st-key-kpis-tall [data-testid="stMetricLabel"] { min-height: 2.3rem; align-items: flex-start; }
.st-key-kpis-foot { margin: -0.75rem 0 -0.6rem; }
.st-key-page-head h1 { padding: 0; }
.st-key-page-head { justify-content: space-between; row-gap: 0.5rem; }
.st-key-page-head > div:first-child { flex: 1 1 340px; }
.st-key-page-head [data-testid="stCaptionContainer"] p { font-size: 0.98rem; }
.st-key-filters { padding-bottom: 0.15rem; }
.st-key-filters label p { font-size: 0.8rem; color: light-dark(#4A5565, #A6B0BD); }
[data-testid="stElementToolbar"] { right: 4.6rem !important; }
@media (hover: none) { [data-testid="stElementToolbar"] { display: none !important; } }
[data-testid="stElementToolbarButton"]:has(button[aria-label="Download as CSV"]) { display: none; }
.st-key-told { gap: 0.4rem; }
[data-testid="stTooltipContent"] { max-height: min(78vh, 620px); overflow-y: auto; }
#vg-tooltip-element.vg-tooltip table tr td.value { max-width: 300px; max-height: none; white-space: normal; }
.nothing { border: 1px dashed light-dark(#CBD2DB, #37424E); border-radius: 0.55rem; padding: 2.1rem 1rem;
    text-align: center;
    color: light-dark(#4A5565, #A6B0BD); }
.nothing strong { display: block; color: light-dark(#18212E, #E6EAF0); font-weight: 600; margin-bottom: 0.15rem; }
.talk { display: flex; flex-direction: column; gap: 0.55rem; max-height: 520px; overflow-y: auto;
    padding: 0.2rem 0.1rem; }
.said { max-width: min(78%, 620px); }
.said.ours { align-self: flex-end; text-align: right; }
.said .who { font-size: 0.78rem; color: light-dark(#5B6675, #9AA5B2); margin: 0 0.35rem 0.15rem; }
.said .what { display: inline-block; text-align: left; padding: 0.5rem 0.8rem; border-radius: 0.8rem;
    white-space: pre-wrap;
    overflow-wrap: anywhere; background: light-dark(#EEF1F5, #232D38); }
.said.ours .what { background: light-dark(#DCEBF7, #17395A); }
.said.bot .what { background: light-dark(#F1ECF7, #332B40); }
.said .failed { color: light-dark(#A8420A, #F59A62); font-weight: 600; }
@media (max-width: 640px) {
    .stMainBlockContainer { padding-left: 0.9rem; padding-right: 0.9rem; }
    :is(.st-key-kpis-tall, .st-key-kpis-short) { grid-template-columns: repeat(2, minmax(0, 1fr)); gap: 0.6rem; }
    .st-key-filters > div { flex: 1 1 150px !important; width: auto !important; min-width: 150px; }
    .said { max-width: 92%; }
}
@media (prefers-reduced-motion: reduce) { * { animation: none !important; transition: none !important; } }
</style>
"""


def apply() -> None:
    """Lay the project's looks over Streamlit's."""
    st.html(_STYLE)


def is_dark() -> bool:
    """Whether the reader sees the page in the dark."""
    return bool(st.context.theme.type == "dark")


def colour(meaning: str) -> str:
    """Return the colour of a meaning as the reader's theme has it."""
    return _MEANINGS[meaning][is_dark()]
